import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { CHANNEL_EPOCH, facts } from '@selvedge/policy';
import { entryMark, parseChangeMarks } from '@selvedge/protocol';
import type { CreateLedger, EndorsedUnderTest, FollowerUnderTest, LedgerUnderTest, Ordered } from './ports.js';
import { createTargetMaker, type MadeTargetData, type TargetShape } from './target-maker.js';

const WAIT_MS = 30_000;
const NEVER = new Uint8Array(0);
const TWO_ENDORSERS = ['NorthMSP', 'SouthMSP'];
const ALL_ENDORSERS = ['NorthMSP', 'SouthMSP', 'EastMSP'];

/** Ledger semantics (DESIGN 5) that every adapter has, run against one of them. */
export function describeLedgerSemantics(name: string, createLedger: CreateLedger, { timeoutMs = 60_000 } = {}): void {
  describe(`ledger semantics: ${name}`, { timeout: timeoutMs }, () => {
    let consortium: TestConsortium;
    let ledger: LedgerUnderTest;
    let opened: LedgerUnderTest | undefined;
    let make: (shape: TargetShape) => MadeTargetData;
    let serial = 0;

    beforeAll(async () => {
      consortium = await createTestConsortium();
      // One owner set asks for endorsers that others do without.
      consortium.setContractPolicy({ ownerSets: consortium.contractPolicy.ownerSets.map((set) => (set.name === 'celesta' ? { ...set, endorsementPolicy: `AND('NorthMSP.peer', 'EastMSP.peer')` } : set)) });
      make = createTargetMaker(consortium, await consortium.issueComputeNode());
      ledger = opened = await createLedger(consortium);
    }, timeoutMs);
    afterAll(() => opened?.close(), timeoutMs);

    const freshKey = (): string => `key-${String((serial += 1))}`;
    const everywhere = <T>(read: (follower: FollowerUnderTest) => T): T[] => ledger.followers.map(read);
    const put = (key: string, shape: TargetShape = {}): TargetShape => ({ writes: [{ key, value: 'v' }], ...shape });
    /** Endorsed against the ledger as it is now. */
    const endorse = async (shape: TargetShape, endorsers: readonly string[] = TWO_ENDORSERS): Promise<EndorsedUnderTest> => {
      const endorsed = await ledger.endorse(make(shape), endorsers);
      expect(endorsed.refusal).toBeUndefined();
      return endorsed;
    };
    const refusal = async (shape: TargetShape): Promise<string | undefined> => (await ledger.endorse(make(shape), TWO_ENDORSERS)).refusal;
    const verdict = async (transaction: EndorsedUnderTest): Promise<string> => {
      const names = new Set(await Promise.all(everywhere((follower) => ledger.verdict(transaction, follower))));
      expect(names.size).toBe(1);
      return [...names][0]!;
    };
    const settle = async (ordered: readonly Ordered[]): Promise<void> => {
      const height = ordered.reduce((most, { blockNumber }) => (blockNumber >= most ? blockNumber + 1n : most), 0n);
      await Promise.all(everywhere((follower) => follower.waitForHeight(height, WAIT_MS)));
    };
    /** Orders transactions together; gives the verdict on each. */
    const order = async (...transactions: readonly EndorsedUnderTest[]): Promise<string[]> => {
      await settle(await ledger.order(transactions));
      return Promise.all(transactions.map(verdict));
    };
    /** Endorses and orders one transaction. */
    const commit = async (shape: TargetShape, endorsers?: readonly string[]): Promise<EndorsedUnderTest & { readonly verdict: string }> => {
      const endorsed = await endorse(shape, endorsers);
      const [result] = await order(endorsed);
      return { ...endorsed, verdict: result! };
    };
    const versions = (key: string, dataset = '', ownerSet = 'houses'): (string | undefined)[] => {
      const ledgerKey = consortium.contractKeys.names.ledgerKey(dataset, key);
      return everywhere(({ state }) => state.version(consortium.contract, ownerSet, dataset, ledgerKey)).map((version) => version && Buffer.from(version).toString('hex'));
    };
    const same = (version: Uint8Array | undefined): (string | undefined)[] => everywhere(() => version && Buffer.from(version).toString('hex'));
    const readOf = (transaction: MadeTargetData, key: string, dataset = ''): NonNullable<TargetShape['reads']>[number] => ({ dataset, key, packetHash: transaction.version(dataset, key)! });
    const guardWriter = (dataset: string): Uint8Array => {
      const probe = make({ writes: [], rangeRead: { dataset, lastWriter: NEVER } }).core.sections[0]!.guardsRead[0]!;
      return ledger.followers[0]!.state.guard(consortium.contract, probe.ownerSet, dataset, probe.guardKey) ?? NEVER;
    };

    it('shows a committed put at every follower, under its packet hash', async () => {
      const [a, b] = [freshKey(), freshKey()];
      const transaction = await commit({ writes: [{ key: a, value: '1' }, { dataset: 'auroraStones', key: b, value: '2' }] });
      expect(transaction.verdict).toBe('VALID');
      expect(versions(a)).toEqual(same(transaction.version('', a)));
      expect(versions(b, 'auroraStones', 'aurora')).toEqual(same(transaction.version('auroraStones', b)));
      expect(versions(a, 'auroraStones', 'aurora')).toEqual(same(undefined));
    });

    it('tells at every follower what blocks changed: entries alone, and of valid transactions alone', async () => {
      const [put1, put2, lost] = [freshKey(), freshKey(), freshKey()];
      const markOf = (key: string, dataset = '', ownerSet = 'houses'): string => Buffer.from(entryMark(consortium.contract, ownerSet, consortium.contractKeys.names.ledgerKey(dataset, key))).toString('hex');
      const first = await commit(put(put1));
      const { height: from } = ledger.followers[0]!.head;
      const changed = (): string[][] => everywhere((follower) => follower.changes(from).flatMap(parseChangeMarks));
      expect(changed().flat()).toEqual([]);
      const stale = await endorse({ reads: [readOf(first, put1)], writes: [{ key: lost, value: '1' }] });
      expect((await commit({ writes: [{ key: put1, value: '2' }, { dataset: 'auroraStones', key: put2, value: '3' }] })).verdict).toBe('VALID');
      const expected = [markOf(put1), markOf(put2, 'auroraStones', 'aurora')].sort();
      for (const marks of changed()) expect(marks.sort()).toEqual(expected);
      expect(await order(stale)).toEqual(['MVCC_READ_CONFLICT']);
      expect((await commit({ writes: [{ key: put2, dataset: 'auroraStones' }] })).verdict).toBe('VALID');
      for (const marks of changed()) expect(marks.sort()).toEqual([...expected, expected.find((mark) => mark === markOf(put2, 'auroraStones', 'aurora'))].sort());
      for (const follower of ledger.followers) expect(BigInt(follower.changes(from).length)).toBe(follower.head.height - from);
    });

    it('shows a deleted key as absent', async () => {
      const key = freshKey();
      const first = await commit(put(key));
      expect((await commit({ reads: [readOf(first, key)], writes: [{ key }] })).verdict).toBe('VALID');
      expect(versions(key)).toEqual(same(undefined));
    });

    it('lets one of several transactions that read the same version write it', async () => {
      const key = freshKey();
      const first = await commit(put(key));
      const reads = [readOf(first, key)];
      const [one, two, later] = await Promise.all([endorse(put(key, { reads })), endorse(put(key, { reads })), endorse(put(key, { reads }))]);
      expect(await order(one, two)).toEqual(['VALID', 'MVCC_READ_CONFLICT']);
      expect(versions(key)).toEqual(same(one.version('', key)));
      expect(await order(later)).toEqual(['MVCC_READ_CONFLICT']);
      expect(await refusal(put(key, { reads }))).toBe('STALE_READ');
    });

    it('holds a read of an absent key until commit', async () => {
      const key = freshKey();
      const insert = (): TargetShape => put(key, { reads: [{ key }] });
      const [one, two, later] = await Promise.all([endorse(insert()), endorse(insert()), endorse(insert())]);
      expect(await order(one, two)).toEqual(['VALID', 'MVCC_READ_CONFLICT']);
      expect(await order(later)).toEqual(['MVCC_READ_CONFLICT']);
      expect(await refusal(insert())).toBe('STALE_READ');
    });

    it('does not take a version back: a key deleted and put again is another', async () => {
      const key = freshKey();
      const first = await commit(put(key));
      const stale = await endorse(put(key, { reads: [readOf(first, key)] }));
      const [deleted, again] = await Promise.all([endorse({ writes: [{ key }] }), endorse(put(key))]);
      expect(await order(deleted, again)).toEqual(['VALID', 'VALID']);
      expect(await order(stale)).toEqual(['MVCC_READ_CONFLICT']);
      expect(versions(key)).toEqual(same(again.version('', key)));
    });

    it('commits an id once, in one block or another, and keeps its first result', async () => {
      const key = freshKey();
      const first = await endorse(put(key));
      const others = await Promise.all([1, 2].map((n) => endorse({ txId: first.txId, writes: [{ key, value: `other ${String(n)}` }] })));
      await settle(await ledger.order([first, first, others[0]!]));
      await settle(await ledger.order([first, others[1]!]));
      expect(await verdict(first)).toBe('VALID');
      expect(versions(key)).toEqual(same(first.version('', key)));
      const results = everywhere(({ state }) => state.result(first.txId)?.code);
      expect(results).toEqual(everywhere(() => 0));
      expect(await refusal({ txId: first.txId, writes: [{ key, value: 'too late' }] })).toBe('DUPLICATE_TXID');
    });

    it('finds a phantom where an insert came between a range query and its write', async () => {
      const rangeRead = { dataset: 'tradeOffers', lastWriter: guardWriter('tradeOffers') };
      const insert = await endorse({ writes: [{ dataset: 'tradeOffers', key: freshKey(), value: '1' }] });
      const [before, query, later] = await Promise.all([endorse(put(freshKey(), { rangeRead })), endorse(put(freshKey(), { rangeRead })), endorse(put(freshKey(), { rangeRead }))]);
      expect(await order(before, insert, query)).toEqual(['VALID', 'VALID', 'PHANTOM_READ_CONFLICT']);
      expect(await order(later)).toEqual(['PHANTOM_READ_CONFLICT']);
      expect(await refusal(put(freshKey(), { rangeRead }))).toBe('STALE_GUARD');
      expect((await commit(put(freshKey(), { rangeRead: { dataset: 'tradeOffers', lastWriter: insert.txId } }))).verdict).toBe('VALID');
    });

    it('finds none where a present key was put, or another dataset changed, and lets inserts pass each other', async () => {
      const key = freshKey();
      const first = await commit({ writes: [{ dataset: 'tradeOffers', key, value: '1' }] });
      const rangeRead = { dataset: 'tradeOffers', lastWriter: first.txId };
      const reads = [readOf(first, key, 'tradeOffers')];
      const [update, elsewhere, query] = await Promise.all([
        endorse({ reads, writes: [{ dataset: 'tradeOffers', key, value: '2' }] }),
        endorse({ writes: [{ dataset: 'auroraStones', key: freshKey(), value: '1' }] }),
        endorse(put(freshKey(), { rangeRead })),
      ]);
      expect(await order(update, elsewhere, query)).toEqual(['VALID', 'VALID', 'VALID']);
      expect(await order(...(await Promise.all([1, 2, 3].map(() => endorse(put(freshKey()))))))).toEqual(['VALID', 'VALID', 'VALID']);
    });

    it('refuses what the endorsement policy does not cover, and keeps no trace of it', async () => {
      const key = freshKey();
      const guard = guardWriter('');
      expect((await commit(put(key), ['NorthMSP'])).verdict).toBe('ENDORSEMENT_POLICY_FAILURE');
      // Peers of other organisations endorse nothing, or in vain.
      const owners = await ledger.endorse(make(put(key)), ['AuroraMSP', 'BorealisMSP']);
      if (owners.refusal === undefined) expect(await order(owners)).toEqual(['ENDORSEMENT_POLICY_FAILURE']);
      expect(versions(key)).toEqual(same(undefined));
      expect(guardWriter('')).toEqual(guard);
    });

    it('refuses a packet for an owner whose own endorsers did not sign, whatever else did', async () => {
      const key = freshKey();
      const shape: TargetShape = { writes: [{ dataset: 'auroraStones', key, value: '1' }, { dataset: 'celestaStones', key, value: '2' }] };
      expect((await commit(shape, TWO_ENDORSERS)).verdict).toBe('ENDORSEMENT_POLICY_FAILURE');
      expect(versions(key, 'auroraStones', 'aurora')).toEqual(same(undefined));
      expect(versions(key, 'celestaStones', 'celesta')).toEqual(same(undefined));
      const both = await commit(shape, ['NorthMSP', 'EastMSP']);
      expect(both.verdict).toBe('VALID');
      expect(versions(key, 'celestaStones', 'celesta')).toEqual(same(both.version('celestaStones', key)));
    });

    it('lets a revocation take effect at once, on transactions that are under way too', async () => {
      const node = await consortium.issueComputeNode();
      const byNode = createTargetMaker(consortium, node);
      const [before, after] = await Promise.all([1, 2].map(() => ledger.endorse(byNode(put(freshKey())), TWO_ENDORSERS)));
      expect(await order(before!)).toEqual(['VALID']);
      const epochs = [CHANNEL_EPOCH, consortium.contract].map((name) => {
        consortium.setEpoch(name, 2n);
        return { key: facts.epoch(name, 2n), value: consortium.state.fact(facts.epoch(name, 2n)) };
      });
      // What the revoked may hold encrypts nothing new: its revocation opens the next epochs.
      await ledger.changePolicy([{ key: facts.revokedNode(node.nodeId), value: Buffer.from('stolen') }, ...epochs]);
      expect(await order(after!, await endorse(put(freshKey())))).toEqual(['MVCC_READ_CONFLICT', 'VALID']);
      expect((await ledger.endorse(byNode(put(freshKey())), TWO_ENDORSERS)).refusal).toBe('TEE_REVOKED');
    });

    it('fails what was endorsed under an older contract policy, and follows the new one', async () => {
      const old = await endorse(put(freshKey()));
      const { endorsementPolicy, policyVersion } = consortium.contractPolicy;
      consortium.setContractPolicy({ policyVersion: policyVersion + 1n, endorsementPolicy: `AND('NorthMSP.peer', 'SouthMSP.peer', 'EastMSP.peer')` });
      await ledger.changeContract();
      expect(await order(old, await endorse(put(freshKey())))).toEqual(['ENDORSEMENT_POLICY_FAILURE', 'ENDORSEMENT_POLICY_FAILURE']);
      expect((await commit(put(freshKey()), ALL_ENDORSERS)).verdict).toBe('VALID');
      const between = await endorse(put(freshKey()), ALL_ENDORSERS);
      consortium.setContractPolicy({ policyVersion: policyVersion + 2n, endorsementPolicy });
      await ledger.changeContract();
      expect(await order(between, await endorse(put(freshKey())))).toEqual(['MVCC_READ_CONFLICT', 'VALID']);
    });

    it('leaves the facts as they are when too few organisations approve', async () => {
      const roots = everywhere(({ head }) => Buffer.from(head.policyRoot).toString('hex'));
      await ledger.changePolicy([{ key: facts.revokedNode('n'), value: Buffer.from('x') }], consortium.profile.message.adminQuorum - 1);
      expect(everywhere(({ head }) => Buffer.from(head.policyRoot).toString('hex'))).toEqual(roots);
      expect(new Set(roots).size).toBe(1);
    });

    it('gives one order to everyone, and to a follower that comes later', async () => {
      const transactions = await Promise.all(Array.from({ length: 40 }, () => endorse(put(freshKey()))));
      const places = await ledger.order(transactions);
      const late = await ledger.addFollower();
      await settle(places);
      expect(places.map(({ blockNumber }) => blockNumber)).toEqual(places.map(({ blockNumber }) => blockNumber).sort((a, b) => Number(a - b)));
      const heads = everywhere(({ head }) => [head.height, Buffer.from(head.blockHash).toString('hex'), Buffer.from(head.commitHash).toString('hex')].join());
      expect(new Set(heads).size).toBe(1);
      expect(late.head.height).toBe(ledger.followers[0]!.head.height);
    });

    it('has everything after a restart, and goes on', async () => {
      const key = freshKey();
      const transaction = await commit(put(key));
      const heads = everywhere(({ head }) => Buffer.from(head.commitHash).toString('hex'));
      await ledger.restart();
      expect(everywhere(({ head }) => Buffer.from(head.commitHash).toString('hex'))).toEqual(heads);
      expect(everywhere(({ state }) => state.result(transaction.txId)?.code)).toEqual(everywhere(() => 0));
      expect(versions(key)).toEqual(same(transaction.version('', key)));
      expect((await commit(put(freshKey()))).verdict).toBe('VALID');
    });
  });
}
