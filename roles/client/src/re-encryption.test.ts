import { toHex } from '@selvedge/crypto';
import { SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { facts } from '@selvedge/policy';
import { encodeMessage, KeyEpochsAskedSchema, LIMITS, parseMessage, ReEncryptedSchema, ReEncryptSchema, RequestKind, StoredKeyEpochsSchema } from '@selvedge/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Gateway } from './gateway.js';
import type { KeyEpochs, ReEncryptionProgress } from './re-encryption.js';
import { executeRequest, openRequest } from './testdata/fake-compute.js';
import { createFakeNetwork, type FakeNetwork } from './testdata/fake-network.js';

const KEYS = 120;

let network: FakeNetwork;
let gateway: Gateway;
let epochs: KeyEpochs;
/** Epoch of each key of world state, by its ledger key as hex; of a collection whose entries end, always 1. */
let stored: Map<string, bigint>;
/** What each RE_ENCRYPT request asked for. */
let asked: string[][];
/** Keys that do not fit into one transaction any more. */
let room: number;
/** Refusals of the next RE_ENCRYPT requests. */
let refusals: RefusalCode[];
let answered: { readonly seen: number; readonly written: number } | undefined;
/** What a business node lists besides. */
let alsoListed: Uint8Array[];
let confirmations: boolean[];

beforeEach(async () => {
  network = await createFakeNetwork();
  const { consortium, nodes } = network;
  consortium.setEpoch(consortium.contract, 2n);
  network.changeStatement = (statement) => { statement.contracts = [{ $typeName: 'selvedge.v1.ContractEpoch', contract: consortium.contract, epoch: 2n }]; };
  stored = new Map(Array.from({ length: KEYS }, (_, i) => [i.toString(16).padStart(64, '0'), 1n]));
  [asked, room, refusals, answered, alsoListed, confirmations] = [[], 1_000, [], undefined, [], []];
  gateway = network.connect({ identity: consortium.organisation('AuroraMSP').admin.signer, random: () => 0 });
  epochs = gateway.getNetwork(consortium.channel).getKeyEpochs(consortium.contract);

  const listed = (argument: Uint8Array): Uint8Array => {
    const { confirm, maxKeys } = parseMessage(KeyEpochsAskedSchema, argument, 1e6);
    confirmations.push(confirm);
    const of = (epoch: bigint): string[] => [...stored].filter(([, each]) => each === epoch).map(([key]) => key);
    const counted = [1n, 2n].map((epoch) => ({ epoch, entries: BigInt(of(epoch).length), readable: true })).filter(({ entries }) => entries > 0n);
    const olderKeys = [...of(1n).map((key) => Buffer.from(key, 'hex')), ...alsoListed].slice(0, maxKeys);
    return encodeMessage(StoredKeyEpochsSchema, { newestEpoch: 2n, datasets: [{ dataset: '', epochs: counted, olderKeys }, { dataset: 'ending', ending: true, epochs: [{ epoch: 1n, entries: 4n, readable: true }] }] });
  };
  const reEncrypted = (argument: Uint8Array): { readonly payload: Uint8Array; readonly keys: string[] } => {
    const { ledgerKeys } = parseMessage(ReEncryptSchema, argument, 1e6);
    asked.push(ledgerKeys.map(toHex));
    const seen = ledgerKeys.slice(0, room).map(toHex);
    const keys = seen.filter((key) => stored.get(key) === 1n);
    return { payload: encodeMessage(ReEncryptedSchema, answered ?? { seen: seen.length, written: keys.length }), keys };
  };
  network.hooks.execute = (nodeId, _genuine, request) => {
    const { body } = openRequest(consortium, request);
    const node = nodes.find((each) => each.nodeId === nodeId)!;
    const [argument = new Uint8Array(0)] = body.args;
    if (body.kind === RequestKind.LIST_KEY_EPOCHS) return executeRequest(consortium, node, request, { response: { status: 200, payload: listed(argument) } });
    expect(body.kind).toBe(RequestKind.RE_ENCRYPT);
    const code = refusals.shift();
    if (code !== undefined) return executeRequest(consortium, node, request, { response: { status: 500, refusal: { code, role: 'compute', message: 'lost', action: '' } } });
    const { payload, keys } = reEncrypted(argument);
    // The fake ledger commits whatever is ordered.
    for (const key of keys) stored.set(key, 2n);
    return executeRequest(consortium, node, request, { response: { status: 200, payload }, targetData: { writes: keys.map((key) => ({ key, value: 'v' })) } });
  };
});
afterEach(() => {
  gateway.close();
});

const ordered = (): number => network.ledger.ordered.length;

describe('re-encryption', () => {
  it('goes on, a few keys at a time, until nothing is left, and tells how far it came', async () => {
    const progress: ReEncryptionProgress[] = [];
    const { after, ...done } = await epochs.reEncrypt({ onProgress: (each) => progress.push(each) });
    expect(done).toEqual({ written: KEYS, transactions: 3, conflicts: 0 });
    expect(progress.map(({ written }) => written)).toEqual([50, 100, 120]);
    expect(asked.map((keys) => keys.length)).toEqual([50, 50, 20]);
    expect(ordered()).toBe(3);
    // What it looked for nobody had to confirm; what it says in the end a quorum did.
    expect(confirmations).toEqual([false, false, true]);
    expect(after).toEqual({
      newestEpoch: 2n, left: 0n, unreadable: 0n, ending: 4n, stillWritable: [1n],
      datasets: [{ dataset: '', isEnding: false, epochs: [{ epoch: 2n, entries: BigInt(KEYS), isReadable: true }] }, { dataset: 'ending', isEnding: true, epochs: [{ epoch: 1n, entries: 4n, isReadable: true }] }],
    });
  });

  it('goes on from wherever an earlier one ended', async () => {
    const stop = new AbortController();
    await expect(epochs.reEncrypt({ keysPerTransaction: 10, signal: stop.signal, pauseMs: 60_000, onProgress: () => { stop.abort(); } })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect([...stored.values()].filter((epoch) => epoch === 2n)).toHaveLength(10);
    const { after, ...done } = await epochs.reEncrypt();
    expect([done.written, after.left]).toEqual([KEYS - 10, 0n]);
  });

  it('asks again for keys that did not fit', async () => {
    room = 7;
    expect(await epochs.reEncrypt({ keysPerTransaction: 60 })).toMatchObject({ written: KEYS, transactions: 18 });
    expect(asked.slice(0, 3).map(([first]) => first)).toEqual([0, 7, 14].map((n) => n.toString(16).padStart(64, '0')));
  });

  it.each<RefusalCode>(['STALE_READ', 'STALE_GUARD', 'MVCC_READ_CONFLICT'])('is made again, anew, when it loses a conflict: %s', async (code) => {
    refusals = [code, code];
    expect(await epochs.reEncrypt()).toMatchObject({ written: KEYS, transactions: 3, conflicts: 2 });
  });

  it('ends with what is refused otherwise', async () => {
    refusals = ['RE_ENCRYPTION_DENIED'];
    await expect(epochs.reEncrypt()).rejects.toMatchObject({ code: 'RE_ENCRYPTION_DENIED' });
    expect(ordered()).toBe(0);
  });

  it('orders nothing where nothing was to be written, and does not look for ever for what a business node makes up', async () => {
    stored = new Map([...stored.keys()].map((key) => [key, 2n]));
    alsoListed = [Buffer.alloc(32, 0xff)];
    const { after, ...done } = await epochs.reEncrypt();
    expect([done, after.left, ordered()]).toEqual([{ written: 0, transactions: 0, conflicts: 0 }, 0n, 0]);
    expect(asked).toHaveLength(5);
  });

  it.each([{ seen: 0, written: 0 }, { seen: 51, written: 50 }, { seen: 3, written: 4 }])('refuses an answer for other keys than it asked for: %j', async (answer) => {
    answered = answer;
    await expect(epochs.reEncrypt()).rejects.toMatchObject({ code: 'TARGET_DATA_INCONSISTENT' });
    expect(ordered()).toBe(0);
  });

  it.each([0, 1.5, LIMITS.maxReEncryptedKeys + 1, Number.NaN])('is not done %d keys at a time', async (keysPerTransaction) => {
    await expect(epochs.reEncrypt({ keysPerTransaction })).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
  });
});

describe('a count', () => {
  it('is confirmed, and tells what is left, unreadable, or may still be written under an older epoch', async () => {
    expect(await epochs.count()).toMatchObject({ left: BigInt(KEYS), ending: 4n, stillWritable: [1n] });
    expect(confirmations).toEqual([true]);
    const { consortium } = network;
    consortium.state.setFact(facts.revokedEpoch(consortium.contract, 1n), Buffer.from('lost'));
    network.ledger.height += 1n;
    await gateway.refresh();
    expect(await epochs.count()).toMatchObject({ stillWritable: [] });
  });

  it('is a refusal where a node refuses', async () => {
    network.hooks.execute = () => Promise.reject(new SelvedgeError('SET_DIGEST_UNCONFIRMED', 'no quorum', { role: 'compute' }));
    await expect(epochs.count()).rejects.toMatchObject({ code: 'SET_DIGEST_UNCONFIRMED' });
  });
});
