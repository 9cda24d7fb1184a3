import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { create } from '@bufbuild/protobuf';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import {
  createEndorsedTransaction, createReceipts, createTargetData, createTestBootstrap, createTestConsortium, createTestGenesis, createTestPolicyTransaction, encodePolicyTransaction, encodeTransaction,
  ORDERER_MSP_ID, randomTxId, refusalCode, type TestComputeNode, type TestConsortium, type TestRead, type TestWrite,
} from '@selvedge/fixtures';
import { createProfile, createSignedProfile, facts, signProfile, verifySignedProfile } from '@selvedge/policy';
import { historyHead, parseCore, ReceiptSchema, ValidationCode, type Block, type TargetData } from '@selvedge/protocol';
import { datasetRoot, tagRoot, type TaggedEntry } from '@selvedge/set-digest';
import { openLedgerStore } from './adapters/lmdb-store.js';
import { blockHash, createBlock } from './domain/block.js';
import type { Follower } from './follow.js';
import { openFollower, type FollowerOptions } from './follower.js';
import type { AppliedBlock } from './ports.js';

const WAIT_MS = 5_000;
const describeHead = ({ head: { height, blockHash: hash, commitHash, policyRoot, facts: all } }: Pick<Follower, 'head'>): unknown[] => [height, toHex(hash), toHex(commitHash), toHex(policyRoot), all];

describe('openFollower', () => {
  let consortium: TestConsortium;
  let node: TestComputeNode;
  let chain: Block[];
  let listeners: Set<() => void>;
  let directory: string;
  let follower: Follower;
  let trace: string[];

  beforeAll(async () => {
    consortium = await createTestConsortium();
    node = await consortium.issueComputeNode();
  });
  beforeEach(async () => {
    chain = [];
    listeners = new Set();
    trace = [];
    directory = mkdtempSync(path.join(tmpdir(), 'selvedge-follower-'));
    add(encodePolicyTransaction(createTestGenesis(consortium)));
    add(createTestBootstrap(consortium));
    follower = open();
    follower.start();
    await reach(2n);
  });
  afterEach(async () => {
    await follower.close();
    rmSync(directory, { recursive: true });
  });

  const next = (transactions: readonly Uint8Array[], change: { readonly network?: string } = {}): Block => {
    const last = chain.at(-1);
    const end = { number: BigInt(chain.length), previousHash: last === undefined ? new Uint8Array(0) : blockHash(last) };
    return createBlock({ network: consortium.network, channel: consortium.channel, end, transactions, signer: consortium.organisation(ORDERER_MSP_ID).orderer.signer, ...change });
  };
  const add = (...transactions: readonly Uint8Array[]): void => {
    chain.push(next(transactions));
    for (const listener of listeners) listener();
  };
  // A sequencer's stream over the array above.
  async function* blocks(from: bigint, signal: AbortSignal): AsyncGenerator<Block> {
    const isStopped = (): boolean => signal.aborted;
    for (let number = Number(from); !isStopped(); number += 1) {
      while (chain[number] === undefined) {
        if (isStopped()) return;
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            listeners.delete(wake);
            resolve();
          };
          listeners.add(wake);
          signal.addEventListener('abort', wake, { once: true });
        });
      }
      yield chain[number]!;
    }
  }
  const open = (options: Partial<FollowerOptions> = {}): Follower =>
    openFollower({
      store: openLedgerStore({ directory }),
      profile: consortium.profile,
      blocks,
      role: 'endorser',
      checkpoint: (name, subject) => trace.push(`${name} ${subject ?? ''}`),
      reconnect: { initialDelayMs: 5, maxDelayMs: 10 },
      ...options,
    });
  const reach = async (height: bigint): Promise<void> => {
    expect(await follower.waitForHeight(height, WAIT_MS)).toBe(true);
  };
  const fails = async (code: string): Promise<void> => {
    await expect.poll(() => follower.failure?.code, { timeout: WAIT_MS, interval: 5 }).toBe(code);
  };
  const write = (txId: Uint8Array, writes: readonly TestWrite[], reads: readonly TestRead[] = []): Uint8Array => endorse(createTargetData({ consortium, nodes: [node], txId, writes, reads }));
  const endorse = (targetData: TargetData): Uint8Array => {
    const transaction = createEndorsedTransaction({ consortium, targetData });
    transaction.receipts = createReceipts(consortium, transaction).map((receipt) => create(ReceiptSchema, receipt));
    return encodeTransaction(transaction);
  };
  /** Another follower of the same chain comes to the same verdicts, entries and heights. */
  const followsAlike = async (): Promise<boolean> => {
    const other = mkdtempSync(path.join(tmpdir(), 'selvedge-follower-'));
    const second = open({ store: openLedgerStore({ directory: other }) });
    second.start();
    await second.waitForHeight(BigInt(chain.length), WAIT_MS);
    const isAlike = toHex(second.head.commitHash) === toHex(follower.head.commitHash);
    await second.close();
    rmSync(other, { recursive: true });
    return isAlike;
  };
  const reopen = async (options: Partial<FollowerOptions> = {}): Promise<void> => {
    await follower.close();
    follower = open(options);
  };

  it('applies blocks and shows their facts, keys, guards and results', async () => {
    const txId = randomTxId();
    add(write(txId, [{ key: 'a', value: '1' }]));
    expect(await follower.waitForResult(txId, WAIT_MS)).toEqual({ code: ValidationCode.VALID, blockNumber: 2n });
    expect(follower.head).toMatchObject({ height: 3n });
    expect(Buffer.from(follower.head.blockHash)).toEqual(blockHash(chain[2]!));
    expect(follower.state.height).toBe(3n);
    expect(follower.head.facts.map(({ key }) => key)).toEqual(consortium.state.factEntries().map(({ key }) => key));
    expect(follower.state.version('diamonds', 'houses', '', consortium.contractKeys.names.ledgerKey('', 'a'))).toHaveLength(32);
    expect(follower.profile().digest).toEqual(consortium.profile.digest);
  });

  describe('entries with blockToLive', () => {
    const dataset = 'auroraStones';
    const versionOf = (key: string): Uint8Array | undefined => follower.state.version(consortium.contract, 'aurora', dataset, consortium.contractKeys.names.ledgerKey(dataset, key));
    let applied: AppliedBlock[];
    beforeEach(async () => {
      applied = [];
      const { datasets } = consortium.contractPolicy;
      consortium.setContractPolicy({ datasets: datasets.map((each) => (each.name === dataset ? { ...each, blockToLive: 1n } : each)) });
      chain.splice(1);
      add(createTestBootstrap(consortium));
      await follower.close();
      rmSync(directory, { recursive: true });
      follower = open({ onApply: (block) => applied.push(block) });
      follower.start();
      await reach(2n);
    });
    afterEach(() => {
      consortium.restore();
    });

    it('are gone once that many blocks have passed, and stay where they were written anew', async () => {
      add(write(randomTxId(), [{ dataset, key: 'a', value: '1' }, { dataset, key: 'b', value: '1' }]));
      add(write(randomTxId(), [{ dataset, key: 'b', value: '2' }]));
      await reach(4n);
      expect([versionOf('a'), versionOf('b')].map((version) => version !== undefined)).toEqual([true, true]);
      add();
      await reach(5n);
      expect([versionOf('a'), versionOf('b')].map((version) => version !== undefined)).toEqual([false, true]);
      add();
      await reach(6n);
      expect(versionOf('b')).toBeUndefined();
      const names = consortium.contractKeys.names;
      expect(applied.flatMap(({ number, ended }) => ended.map(({ ledgerKey }) => [number, toHex(ledgerKey)]))).toEqual([[4n, toHex(names.ledgerKey(dataset, 'a'))], [5n, toHex(names.ledgerKey(dataset, 'b'))]]);
    });

    it('conflict with those who read them as present, not in the block with whose end they go but in the next', async () => {
      const value = { dataset, key: 'a', value: '1' };
      const first = createTargetData({ consortium, nodes: [node], writes: [value] });
      const packetHash = sha256(first.attachments!.packets[0]!);
      const reading = (txId: Uint8Array): Uint8Array => write(txId, [{ dataset, key: randomTxId().toString(), value: '2' }], [{ dataset, key: 'a', packetHash }]);
      add(endorse(first));
      add();
      const [inTime, late] = [randomTxId(), randomTxId()];
      add(reading(inTime));
      add(reading(late));
      expect(await follower.waitForResult(inTime, WAIT_MS)).toEqual({ code: ValidationCode.VALID, blockNumber: 4n });
      expect(await follower.waitForResult(late, WAIT_MS)).toEqual({ code: ValidationCode.MVCC_READ_CONFLICT, blockNumber: 5n });
      expect(await followsAlike()).toBe(true);
    });
  });

  it('knows what each set was at the last heights, across a restart, and no others', async () => {
    const { names } = consortium.contractKeys;
    const world = { contract: consortium.contract, ownerSet: 'houses', dataset: '', datasetTag: names.datasetTag('', '') };
    const txIds = ['a', 'b'].map(() => randomTxId());
    add(write(txIds[0]!, [{ key: 'a', value: '1' }]));
    add(write(txIds[1]!, [{ key: 'b', value: '1' }]));
    await reach(4n);
    const version = (key: string): Uint8Array => follower.state.version(consortium.contract, 'houses', '', names.ledgerKey('', key))!;
    const entry = (key: string): TaggedEntry => ({ datasetTag: world.datasetTag, ledgerKey: names.ledgerKey('', key), packetHash: version(key) });
    const check = (): void => {
      expect(follower.setDigest(world, 2n)).toMatchObject({ count: 0n, guardTxId: new Uint8Array(0) });
      expect(toHex(follower.setDigest(world, 3n).root)).toBe(toHex(tagRoot([entry('a')]).root));
      expect(toHex(follower.setDigest({ ...world, datasetTag: new Uint8Array(0) }, 4n).root)).toBe(toHex(datasetRoot([entry('a'), entry('b')]).root));
      expect([3n, 4n].map((height) => toHex(follower.setDigest(world, height).guardTxId))).toEqual(txIds.map(toHex));
      expect(refusalCode(() => follower.setDigest(world, 5n))).toBe('SET_DIGEST_HEIGHT_UNKNOWN');
    };
    check();
    await reopen();
    check();
    follower.start();
    for (let i = 0; i < 63; i += 1) add();
    await reach(67n);
    expect(refusalCode(() => follower.setDigest(world, 3n))).toBe('SET_DIGEST_HEIGHT_UNKNOWN');
    expect(follower.setDigest(world, 4n).count).toBe(2n);
  });

  it('does not open a store of a release that kept no set digests', async () => {
    await follower.close();
    const store = openLedgerStore({ directory });
    await store.write(() => { store.database('meta').remove(Buffer.from('format')); });
    expect(() => open({ store })).toThrow(expect.objectContaining({ code: 'LEDGER_CORRUPT', message: expect.stringContaining('older release') as string }));
    await store.close();
    rmSync(directory, { recursive: true });
    follower = open();
  });

  it('chains the versions of world state’s keys, those of one block too, and of nothing else', async () => {
    const applied: AppliedBlock[] = [];
    await reopen({ onApply: (block) => applied.push(block) });
    follower.start();
    const targets = [{ key: 'h', value: '1' }, { key: 'h', value: '2' }, { key: 'h' }].map((change) => createTargetData({ consortium, nodes: [node], writes: [change, { dataset: 'auroraStones', key: 'h', value: 'private' }] }));
    add(endorse(targets[0]!), endorse(targets[1]!));
    add(endorse(targets[2]!));
    await reach(4n);
    const head = targets.reduce<Uint8Array>((previous, target) => {
      const { txId, timestampSeconds, timestampNanos, sections } = parseCore(target.cores[0]!);
      const { effect } = sections[0]!.writes.find(({ dataset }) => dataset === '')!;
      return historyHead(previous, { txId, timestampSeconds, timestampNanos, packetHash: effect.case === 'packetHash' ? effect.value : new Uint8Array(0) });
    }, new Uint8Array(0));
    const historyOf = (ownerSet: string, dataset: string): [string, bigint] => {
      const { head: found, count } = follower.state.history(consortium.contract, ownerSet, dataset, consortium.contractKeys.names.ledgerKey(dataset, 'h'));
      return [toHex(found), count];
    };
    expect(historyOf('houses', '')).toEqual([toHex(head), 3n]);
    expect(historyOf('aurora', 'auroraStones')).toEqual(['', 0n]);
    expect(applied.flatMap(({ number, versions }) => versions.map(({ count, previousHead }) => [number, count, previousHead.length]))).toEqual([[2n, 1n, 0], [2n, 2n, 32], [3n, 3n, 32]]);
    await reopen();
    expect(historyOf('houses', '')).toEqual([toHex(head), 3n]);
  });

  it('stands where it stood after a restart', async () => {
    const txId = randomTxId();
    add(write(txId, [{ key: 'a', value: '1' }]));
    await reach(3n);
    const before = follower.head;
    await reopen();
    expect(describeHead(follower)).toEqual(describeHead({ head: before }));
    expect(await follower.waitForResult(txId, 0)).toEqual({ code: ValidationCode.VALID, blockNumber: 2n });
    follower.start();
    add(write(randomTxId(), [{ key: 'b', value: '1' }]));
    await reach(4n);
  });

  it('syncs a block before it shows it', async () => {
    const txId = randomTxId();
    trace = [];
    const waiting = follower.waitForResult(txId, WAIT_MS).then(() => trace.push('answered'));
    add(write(txId, [{ key: 'a', value: '1' }]));
    await waiting;
    const id = Buffer.from(txId).toString('hex');
    expect(trace).toEqual([`endorser.apply.before-sync ${id}`, `endorser.apply.after-sync ${id}`, 'answered']);
  });

  it('answers undefined when the time is over, and at once for 0', async () => {
    expect(await follower.waitForResult(randomTxId(), 0)).toBeUndefined();
    expect(await follower.waitForResult(randomTxId(), 10)).toBeUndefined();
    expect(await follower.waitForHeight(99n, 10)).toBe(false);
  });

  it.each<[string, () => Block, string]>([
    ['of another network', () => next([], { network: 'other' }), 'network other'],
    ['that does not follow', () => ({ ...next([]), header: chain[1]!.header }), 'has number 1'],
    ['with a transaction more', () => ({ ...next([Uint8Array.of(1)]), transactions: [Uint8Array.of(1), Uint8Array.of(2)] }), 'not those of its header'],
    ['that is not signed by the sequencer', () => ({ ...next([]), signature: chain[1]!.signature }), 'does not verify'],
  ])('does not apply a block %s, and goes on with the right one', async (_, forge, why) => {
    const head = follower.head;
    chain.push(forge());
    for (const listener of listeners) listener();
    await fails('LEDGER_CORRUPT');
    expect(follower.failure?.message).toContain(why);
    expect(follower.head).toBe(head);
    chain.pop();
    add(Uint8Array.of(1));
    await reach(3n);
    expect(follower.failure).toBeUndefined();
  });

  it('connects again when the stream breaks or ends', async () => {
    let attempts = 0;
    await reopen({
      blocks: async function* (from, signal) {
        attempts += 1;
        if (attempts === 1) throw new SelvedgeError('UNAVAILABLE', 'gone');
        if (attempts === 2) return;
        yield* blocks(from, signal);
      },
    });
    add(Uint8Array.of(1));
    follower.start();
    await reach(3n);
    expect(attempts).toBe(3);
  });

  it('refuses a block 0 that sets another profile than the trusted one', async () => {
    const other = await createTestConsortium({ network: consortium.network, channel: consortium.channel });
    await follower.close();
    rmSync(directory, { recursive: true });
    // The same sequencer may sign, but not for another trust anchor.
    const profile = { ...other.profile, message: { ...other.profile.message, sequencer: consortium.profile.message.sequencer }, msps: consortium.profile.msps };
    follower = open({ profile });
    follower.start();
    await fails('LEDGER_CORRUPT');
    expect(follower.head.height).toBe(0n);
  });

  it('refuses a block 0 with more in it', async () => {
    chain = [];
    add(encodePolicyTransaction(createTestGenesis(consortium)), createTestBootstrap(consortium));
    await follower.close();
    rmSync(directory, { recursive: true });
    follower = open();
    follower.start();
    await fails('LEDGER_CORRUPT');
  });

  it('does not open a store that was begun under another trust anchor', async () => {
    const other = await createTestConsortium();
    const store = openLedgerStore({ directory: `${directory}/` });
    expect(() => open({ store, profile: other.profile })).toThrow(expect.objectContaining({ code: 'PROFILE_MISMATCH' }));
    await store.close();
  });

  it('judges by a new profile from the next transaction on', async () => {
    const bytes = createProfile({ ...consortium.profile.message, version: 2n, adminQuorum: 5 });
    const admins = [...consortium.organisations.values()].map(({ admin }) => admin.signer);
    const signed = createSignedProfile(bytes, admins.map((signer) => signProfile(bytes, signer)));
    const revoke = (name: string): Uint8Array => encodePolicyTransaction(createTestPolicyTransaction(consortium, [{ key: facts.revokedNode(name), value: Buffer.from('x') }], undefined, 4));
    const replace = encodePolicyTransaction(createTestPolicyTransaction(consortium, [{ key: facts.profile, value: signed }], consortium.state));
    let codes: ValidationCode[] = [];
    await reopen({ onCommitted: ({ transactions }) => (codes = transactions.map(({ code }) => code)) });
    follower.start();
    add(revoke('a'), replace, revoke('b'));
    await reach(3n);
    expect(codes).toEqual([ValidationCode.VALID, ValidationCode.VALID, ValidationCode.ENDORSEMENT_POLICY_FAILURE]);
    expect(follower.profile().digest).toEqual(verifySignedProfile(signed).digest);
    await reopen();
    expect(follower.profile().message.version).toBe(2n);
  });

  describe('the apply hook', () => {
    it('writes in the block’s own transaction, and shows after the sync', async () => {
      await follower.close();
      const store = openLedgerStore({ directory });
      const packets = store.database('packets');
      const seen: AppliedBlock[] = [];
      follower = open({
        store,
        onApply: ({ transactions }) => {
          for (const { txId } of transactions) if (txId) packets.put(txId, Buffer.from('packet'));
        },
        onCommitted: (block) => seen.push(block),
      });
      follower.start();
      const txId = randomTxId();
      add(write(txId, [{ key: 'a', value: '1' }]), Uint8Array.of(0xff));
      await reach(3n);
      expect(packets.get(txId)).toEqual(Buffer.from('packet'));
      expect(seen).toHaveLength(1);
      expect(seen[0]!.transactions.map(({ index, code, endorsed }) => [index, code, endorsed?.cores.length])).toEqual([[0, ValidationCode.VALID, 1], [1, ValidationCode.BAD_PAYLOAD, undefined]]);
      expect(seen[0]!.transactions[0]!.updates.versions).toHaveLength(1);
    });

    it('takes the block with it when it fails', async () => {
      let broken = true;
      await follower.close();
      const store = openLedgerStore({ directory });
      const packets = store.database('packets');
      follower = open({
        store,
        onApply: () => {
          packets.put(Uint8Array.of(1), Uint8Array.of(1));
          if (broken) throw new RangeError('disk full');
        },
      });
      follower.start();
      const txId = randomTxId();
      add(write(txId, [{ key: 'a', value: '1' }]));
      await fails('INTERNAL');
      expect([follower.head.height, follower.state.height, packets.has(Uint8Array.of(1))]).toEqual([2n, 2n, false]);
      expect(follower.state.result(txId)).toBeUndefined();
      broken = false;
      await reach(3n);
      expect(follower.state.result(txId)).toMatchObject({ code: ValidationCode.VALID });
    });
  });

  it('ends what waits when it closes', async () => {
    const waiting = follower.waitForResult(randomTxId(), WAIT_MS);
    await Promise.all([expect(waiting).rejects.toMatchObject({ code: 'DRAINING' }), follower.close()]);
    follower = open();
  });
});
