import { create } from '@bufbuild/protobuf';
import { equalBytes, sha256, toHex } from '@selvedge/crypto';
import { createTestConsortium, ENDORSER_MSP_IDS, type TestConsortium } from '@selvedge/fixtures';
import { signAs } from '@selvedge/identity';
import { encodeContractNames, facts, type ContractNames } from '@selvedge/policy';
import {
  encodeMessage, HistoryHeadSchema, HistoryHeadStatementSchema, HistoryAnswerSchema, historyHead, KeyVersionSchema, signing, StateAnswerSchema, type HistoryHead, type KeyVersion,
} from '@selvedge/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHistoryConfirmer, type HistoryHeadPort } from '@selvedge/tee-node';
import { type CertifiedNode, createFakeBusinessNode, type FakeBusinessNode, heldKeysOf, placeOf, sealTestPacket } from '@selvedge/tee-node/testing';
import { buildRequest } from './client.test.support.js';
import { createTestNode, type TestNode } from './node.test.support.js';
import type { KeyModification } from './ports.js';
import { bytes, clientOf } from './submit.test.support.js';

let net: TestConsortium;
let certified: CertifiedNode;
let aurora: FakeBusinessNode;
let borealis: FakeBusinessNode;
let test: TestNode;
/** Newest last. */
let versions: KeyVersion[];
/** Under the contract’s second name key. */
let laterVersions: KeyVersion[];
/** What the follower of an organisation says instead of the truth. */
let said: Map<string, (statement: HistoryHead) => void>;
let signedBy: Map<string, string>;
/** What a business node answers instead of the truth, newest first. */
let served: Map<string, (versions: KeyVersion[]) => KeyVersion[]>;
let pageVersions: number;

beforeAll(async () => {
  net = await createTestConsortium();
  certified = await net.issueComputeNode();
});
beforeEach(() => {
  said = new Map();
  signedBy = new Map();
  served = new Map();
  versions = [];
  laterVersions = [];
  pageVersions = 2;
  aurora = createFakeBusinessNode('AuroraMSP');
  borealis = createFakeBusinessNode('BorealisMSP');
  for (const node of [aurora, borealis]) {
    node.tamper = (answer, query) => create(StateAnswerSchema, {
      ...answer,
      histories: query.histories.map(({ count, ledgerKey }) => {
        const page = chainOf(ledgerKey).slice(Math.max(0, Number(count) - pageVersions), Number(count)).reverse();
        return create(HistoryAnswerSchema, { versions: served.get(node.mspId)?.(page) ?? page });
      }),
    });
  }
  const followers = ['AuroraMSP', 'BorealisMSP', ...ENDORSER_MSP_IDS].map(followerOf);
  test = createTestNode({ net, certified, business: [aurora, borealis], fetcher: { historyConfirmer: createHistoryConfirmer({ followers, maxAttempts: 2 }) } });
});

const SECOND = { epoch: 2n, nameKey: new Uint8Array(32).fill(2) };
const chainOf = (ledgerKey: Uint8Array): KeyVersion[] => (equalBytes(ledgerKey, placeOf(net, '', 'k', SECOND).ledgerKey) ? laterVersions : versions);
const headOf = (all: readonly KeyVersion[]): Uint8Array => all.reduce<Uint8Array>((head, { txId, timestampSeconds, timestampNanos, packet }) => historyHead(head, { txId, timestampSeconds, timestampNanos, packetHash: packet.length === 0 ? packet : sha256(packet) }), new Uint8Array(0));
const followerOf = (mspId: string): HistoryHeadPort => ({
  mspId,
  address: `${mspId}:1`,
  getHistoryHead: (asked) => {
    const statement = create(HistoryHeadSchema, { network: net.network, channel: net.channel, contract: asked.contract, ownerSet: asked.ownerSet, dataset: asked.dataset, ledgerKey: asked.ledgerKey, nonce: asked.nonce, height: 5n, head: headOf(chainOf(asked.ledgerKey)), count: BigInt(chainOf(asked.ledgerKey).length) });
    said.get(mspId)?.(statement);
    const encoded = encodeMessage(HistoryHeadSchema, statement);
    return Promise.resolve(create(HistoryHeadStatementSchema, { statement: encoded, signature: signAs(net.organisation(signedBy.get(mspId) ?? mspId).peer.signer, signing.historyHead(encoded)) }));
  },
});
/** Writes the key once more; undefined deletes it. */
const write = (value: string | undefined, change: { readonly keyEpoch?: bigint; readonly reEncrypted?: boolean } = {}): void => {
  const n = versions.length + 1;
  const packet = value === undefined ? new Uint8Array(0) : sealTestPacket(net, { dataset: '', key: 'k', value, ...change }).bytes;
  versions.push(create(KeyVersionSchema, { txId: new Uint8Array(32).fill(n), timestampSeconds: BigInt(n), timestampNanos: n, previousHead: headOf(versions), packet }));
  for (const node of [aurora, borealis]) {
    if (value === undefined) node.remove('houses', '', placeOf(net, '', 'k').ledgerKey);
    else node.put('houses', packet);
  }
};
/** Writes the key under the second name key. */
const writeLater = (value: string | undefined, reEncrypted = false): void => {
  const n = versions.length + laterVersions.length + 1;
  const packet = value === undefined ? new Uint8Array(0) : sealTestPacket(net, { key: 'k', value, reEncrypted, names: SECOND }).bytes;
  laterVersions.push(create(KeyVersionSchema, { txId: new Uint8Array(32).fill(n), timestampSeconds: BigInt(n), timestampNanos: n, previousHead: headOf(laterVersions), packet }));
  for (const node of [aurora, borealis]) {
    if (value === undefined) node.remove('houses', '', placeOf(net, '', 'k', SECOND).ledgerKey);
    else node.put('houses', packet);
  }
};
const ask = async (): Promise<{ readonly code: string | undefined; readonly message: string | undefined; readonly found: unknown; readonly reads: unknown }> => {
  const found: unknown[] = [];
  test.chaincode = async (state) => {
    for await (const { txId, timestamp, value } of (await state.getHistory('k')) as AsyncIterable<KeyModification>) found.push([txId.slice(0, 2), Number(timestamp.seconds), value === undefined ? '(deleted)' : Buffer.from(value).toString()]);
    return { payload: bytes('') };
  };
  const request = buildRequest(clientOf(net, net.organisation('AuroraMSP').client.signer), {});
  const sealed = await test.execute(request);
  const { refusal } = request.open(sealed);
  return { code: refusal?.code, message: refusal?.message, found, reads: sealed.targetData };
};

describe('the history of a key', () => {
  beforeEach(() => {
    for (const value of ['one', 'two', undefined, 'three', 'four']) write(value);
  });

  it('is told newest first, over as many answers as it takes', async () => {
    const whole = [['05', 5, 'four'], ['04', 4, 'three'], ['03', 3, '(deleted)'], ['02', 2, 'two'], ['01', 1, 'one']];
    for (const size of [1, 2, 5]) {
      pageVersions = size;
      expect(await ask()).toMatchObject({ code: undefined, found: whole });
    }
  });

  it.each<[string, (page: KeyVersion[]) => KeyVersion[]]>([
    ['leaves out', (page) => page.slice(1)],
    ['leaves out all', () => []],
    ['adds', (page) => [page[0]!, ...page]],
    ['reorders', (page) => [...page].reverse()],
    ['moves in time', (page) => page.map((version, i) => (i === 0 ? create(KeyVersionSchema, { ...version, timestampSeconds: 99n }) : version))],
    ['gives to another transaction', (page) => page.map((version, i) => (i === 0 ? create(KeyVersionSchema, { ...version, txId: new Uint8Array(32) }) : version))],
    ['deletes', (page) => page.map((version, i) => (i === 0 ? create(KeyVersionSchema, { ...version, packet: new Uint8Array(0) }) : version))],
    ['cuts off', (page) => page.map((version) => create(KeyVersionSchema, { ...version, previousHead: new Uint8Array(0) }))],
  ])('that a business node %s a version of is taken from another; where there is none, it is named', async (_what, change) => {
    served.set('AuroraMSP', change);
    expect(await ask()).toMatchObject({ code: undefined });
    served.set('BorealisMSP', change);
    served.set('CelestaMSP', change);
    const { code, message } = await ask();
    expect([code, message]).toEqual(['STATE_FORGED', expect.stringContaining('BorealisMSP')]);
  });

  it('does not change when an operator has the key re-encrypted; its newest version is the one that is read', async () => {
    const before = (await ask()).found;
    write('four', { keyEpoch: 2n, reEncrypted: true });
    write('four', { keyEpoch: 3n, reEncrypted: true });
    test.keys = heldKeysOf(net, certified, [1n, 2n, 3n]);
    const { code, found, reads } = await ask();
    expect([code, found]).toEqual([undefined, before]);
    const [core] = (reads as { cores: Uint8Array[] }).cores;
    expect(Buffer.from(core!).includes(Buffer.from(sha256(versions.at(-1)!.packet)))).toBe(true);
  });

  describe('after its names were migrated', () => {
    const copied = (): void => { writeLater('four', true); };
    const settle = (names: Pick<ContractNames, 'phase' | 'current' | 'other' | 'former'>): void => {
      net.state.setFact(facts.nameKeys(net.contract), encodeContractNames({ ...names, newest: 2n, commitments: [new Uint8Array(1)] }));
      test.keys = heldKeysOf(net, certified, [1n], [], [SECOND]);
    };
    const done = (): void => { settle({ phase: 'settled', current: 2n, other: undefined, former: [1n] }); };
    afterEach(() => { net.restore(); });

    it('goes on where it ended: neither the copy nor the clearing shows', async () => {
      const before = (await ask()).found as unknown[];
      copied();
      done();
      expect((await ask()).found).toEqual(before);
      write(undefined);
      expect((await ask()).found).toEqual(before);
      writeLater('five');
      writeLater(undefined);
      expect((await ask()).found).toEqual([['09', 9, '(deleted)'], ['08', 8, 'five'], ...before]);
    });

    it('shows what was deleted before, and begins anew after it', async () => {
      write(undefined);
      const before = (await ask()).found as unknown[];
      done();
      expect((await ask()).found).toEqual(before);
      writeLater('five');
      expect((await ask()).found).toEqual([['07', 7, 'five'], ...before]);
    });

    it('is not told by a node that lacks the names before', async () => {
      copied();
      done();
      const held = test.keys!;
      test.keys = { ...held, contract: (name) => ({ ...held.contract(name)!, names: (epoch) => (epoch === 2n ? held.contract(name)!.names(epoch) : undefined) }) };
      expect((await ask()).code).toBe('NOT_READY');
    });

    it('rests on each part as followers chained it', async () => {
      copied();
      done();
      for (const mspId of ['AuroraMSP', 'BorealisMSP', 'CelestaMSP']) served.set(mspId, (page) => page.slice(1));
      expect((await ask()).code).toBe('STATE_FORGED');
    });
  });

  it('has packets of the key itself only', async () => {
    const other = sealTestPacket(net, { dataset: '', key: 'other', value: 'x' }).bytes;
    versions = [];
    versions.push(create(KeyVersionSchema, { txId: new Uint8Array(32), timestampSeconds: 1n, packet: other }));
    expect((await ask()).code).toBe('STATE_FORGED');
  });

  it('ends where a quorum of organisations says, one of them no owner', async () => {
    const liar = (statement: HistoryHead): void => { statement.count -= 1n; statement.head = headOf(versions.slice(0, -1)); };
    said.set('NorthMSP', liar);
    expect((await ask()).code).toBeUndefined();
    for (const mspId of [...ENDORSER_MSP_IDS]) said.set(mspId, liar);
    for (const mspId of ['AuroraMSP', 'BorealisMSP']) said.set(mspId, (statement) => { statement.count += 1n; });
    served.clear();
    // Followers of enough organisations agree on a chain that is shorter: what is present is not its end.
    expect((await ask()).code).toBe('STALE_READ');
    for (const [i, mspId] of ENDORSER_MSP_IDS.entries()) said.set(mspId, (statement) => { statement.count = BigInt(i + 1); });
    expect((await ask()).code).toBe('HISTORY_UNCONFIRMED');
  });

  it.each<[string, (statement: HistoryHead) => void]>([
    ['another nonce', (statement) => { statement.nonce = new Uint8Array(16); }],
    ['another network', (statement) => { statement.network = 'other'; }],
    ['another channel', (statement) => { statement.channel = 'other'; }],
    ['another contract', (statement) => { statement.contract = 'other'; }],
    ['another owner set', (statement) => { statement.ownerSet = 'other'; }],
    ['another dataset', (statement) => { statement.dataset = 'other'; }],
    ['another key', (statement) => { statement.ledgerKey = new Uint8Array(32); }],
    ['a height that is passed', (statement) => { statement.height = 0n; }],
    ['a head of another length', (statement) => { statement.head = new Uint8Array(31); }],
  ])('is not confirmed by statements with %s', async (_what, change) => {
    test.view = { ...test.view, height: 100n };
    aurora.height = 100n;
    borealis.height = 100n;
    const current = (statement: HistoryHead): void => { statement.height = 100n; };
    for (const mspId of ['AuroraMSP', 'BorealisMSP', ...ENDORSER_MSP_IDS]) said.set(mspId, current);
    expect((await ask()).code).toBeUndefined();
    for (const mspId of ['AuroraMSP', 'BorealisMSP', ...ENDORSER_MSP_IDS]) said.set(mspId, (statement) => { current(statement); change(statement); });
    expect((await ask()).code).toBe('HISTORY_UNCONFIRMED');
  });

  it('is not confirmed by statements that another organisation signed', async () => {
    for (const mspId of ['AuroraMSP', 'BorealisMSP', ...ENDORSER_MSP_IDS]) signedBy.set(mspId, 'NorthMSP');
    expect((await ask()).code).toBe('HISTORY_UNCONFIRMED');
  });

  it('puts the key’s present version into the read set', async () => {
    const { reads } = await ask();
    const [core] = (reads as { cores: Uint8Array[] }).cores;
    expect(Buffer.from(core!).includes(Buffer.from(sha256(versions.at(-1)!.packet)))).toBe(true);
    expect(toHex(placeOf(net, '', 'k').ledgerKey)).toHaveLength(64);
  });
});
