import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validationCodeName, type Submitted } from '@selvedge/embedded-ledger';
import { createTestConsortium, createTestPolicyTransaction, encodePolicyTransaction, endorserSigners, type TestConsortium } from '@selvedge/fixtures';
import { facts, type FactUpdate } from '@selvedge/policy';
import { ContractPolicySchema, encodeMessage } from '@selvedge/protocol';
import type { CreateLedger, FollowerUnderTest, LedgerUnderTest } from './ports.js';
import { createTransactionMaker, type MadeTransaction, type TransactionShape } from './transaction-maker.js';

const WAIT_MS = 10_000;
const NEVER = new Uint8Array(0);

/** Ledger semantics (DESIGN 5) that every adapter has, run against one of them. */
export function describeLedgerSemantics(name: string, createLedger: CreateLedger): void {
  describe(`ledger semantics: ${name}`, () => {
    let consortium: TestConsortium;
    let ledger: LedgerUnderTest;
    let make: (shape: TransactionShape) => MadeTransaction;
    let serial = 0;

    beforeAll(async () => {
      consortium = await createTestConsortium();
      make = createTransactionMaker(consortium, await consortium.issueComputeNode());
      ledger = await createLedger(consortium);
    });
    afterAll(() => ledger.close());

    const freshKey = (): string => `key-${String((serial += 1))}`;
    const everywhere = <T>(read: (follower: FollowerUnderTest) => T): T[] => ledger.followers.map(read);
    const results = async ({ txId }: MadeTransaction): Promise<string> => {
      const all = await Promise.all(everywhere((follower) => follower.waitForResult(txId, WAIT_MS)));
      const names = new Set(all.map((result) => (result === undefined ? 'unknown' : validationCodeName(result.code))));
      expect(names.size).toBe(1);
      return [...names][0]!;
    };
    /** Orders the transactions together; gives the result of each. */
    const commit = async (...transactions: readonly MadeTransaction[]): Promise<string[]> => {
      await ledger.order(transactions.map(({ bytes }) => bytes));
      return Promise.all(transactions.map(results));
    };
    const settle = async (submitted: readonly Submitted[]): Promise<void> => {
      const height = submitted.reduce((most, { blockNumber }) => (blockNumber >= most ? blockNumber + 1n : most), 0n);
      await Promise.all(everywhere((follower) => follower.waitForHeight(height, WAIT_MS)));
    };
    const changePolicy = async (changes: readonly FactUpdate[], approvals?: number): Promise<void> => {
      const policy = createTestPolicyTransaction(consortium, changes, ledger.followers[0]!.state, approvals);
      await settle(await ledger.order([encodePolicyTransaction(policy)]));
    };
    const versions = (key: string, dataset = '', ownerSet = 'houses'): (string | undefined)[] => {
      const ledgerKey = consortium.contractKeys.names.ledgerKey(dataset, key);
      return everywhere(({ state }) => state.version(consortium.contract, ownerSet, dataset, ledgerKey)).map((version) => version && Buffer.from(version).toString('hex'));
    };
    const same = (version: Uint8Array | undefined): (string | undefined)[] => everywhere(() => version && Buffer.from(version).toString('hex'));
    const put = (key: string, shape: TransactionShape = {}): MadeTransaction => make({ writes: [{ key, value: 'v' }], ...shape });
    const guardWriter = (dataset: string): Uint8Array => {
      const probe = make({ writes: [], rangeRead: { dataset, lastWriter: NEVER } }).core.sections[0]!.guardsRead[0]!;
      return ledger.followers[0]!.state.guard(consortium.contract, probe.ownerSet, dataset, probe.guardKey) ?? NEVER;
    };

    it('shows a committed put at every follower, under its packet hash', async () => {
      const [a, b] = [freshKey(), freshKey()];
      const transaction = make({ writes: [{ key: a, value: '1' }, { dataset: 'auroraStones', key: b, value: '2' }] });
      expect(await commit(transaction)).toEqual(['VALID']);
      expect(versions(a)).toEqual(same(transaction.version('', a)));
      expect(versions(b, 'auroraStones', 'aurora')).toEqual(same(transaction.version('auroraStones', b)));
      expect(versions(a, 'auroraStones', 'aurora')).toEqual(same(undefined));
    });

    it('shows a deleted key as absent', async () => {
      const key = freshKey();
      const first = put(key);
      await commit(first);
      expect(await commit(make({ reads: [{ key, packetHash: first.version('', key)! }], writes: [{ key }] }))).toEqual(['VALID']);
      expect(versions(key)).toEqual(same(undefined));
    });

    it('lets one of two transactions that read the same version write it', async () => {
      const key = freshKey();
      const first = put(key);
      await commit(first);
      const reads = [{ key, packetHash: first.version('', key)! }];
      const [one, two] = [put(key, { reads }), put(key, { reads })];
      expect(await commit(one, two)).toEqual(['VALID', 'MVCC_READ_CONFLICT']);
      expect(versions(key)).toEqual(same(one.version('', key)));
      expect(await commit(put(key, { reads }))).toEqual(['MVCC_READ_CONFLICT']);
    });

    it('holds a read of an absent key until commit', async () => {
      const key = freshKey();
      const insert = (): MadeTransaction => put(key, { reads: [{ key }] });
      const [one, two, later] = [insert(), insert(), insert()];
      expect(await commit(one, two)).toEqual(['VALID', 'MVCC_READ_CONFLICT']);
      expect(await commit(later)).toEqual(['MVCC_READ_CONFLICT']);
    });

    it('does not take a version back: a key deleted and put again is another', async () => {
      const key = freshKey();
      const first = put(key);
      const stale = { reads: [{ key, packetHash: first.version('', key)! }] };
      expect(await commit(first, make({ writes: [{ key }] }), put(key))).toEqual(['VALID', 'VALID', 'VALID']);
      expect(await commit(put(key, stale))).toEqual(['MVCC_READ_CONFLICT']);
    });

    it('commits an id once, in one block or another, and keeps its first result', async () => {
      const key = freshKey();
      const first = put(key);
      const other = make({ txId: first.txId, writes: [{ key, value: 'other' }] });
      await settle(await ledger.order([first.bytes, first.bytes, other.bytes]));
      await settle(await ledger.order([first.bytes, other.bytes]));
      expect(await results(first)).toBe('VALID');
      expect(versions(key)).toEqual(same(first.version('', key)));
    });

    it('finds a phantom where an insert came between a range query and its write', async () => {
      const rangeRead = { dataset: 'tradeOffers', lastWriter: guardWriter('tradeOffers') };
      const insert = make({ writes: [{ dataset: 'tradeOffers', key: freshKey(), value: '1' }] });
      const query = put(freshKey(), { rangeRead });
      const before = put(freshKey(), { rangeRead });
      expect(await commit(before, insert, query)).toEqual(['VALID', 'VALID', 'PHANTOM_READ_CONFLICT']);
      expect(await commit(put(freshKey(), { rangeRead }))).toEqual(['PHANTOM_READ_CONFLICT']);
      expect(await commit(put(freshKey(), { rangeRead: { dataset: 'tradeOffers', lastWriter: insert.txId } }))).toEqual(['VALID']);
    });

    it('finds none where a present key was put, or another dataset changed, and lets inserts pass each other', async () => {
      const key = freshKey();
      const first = make({ writes: [{ dataset: 'tradeOffers', key, value: '1' }] });
      await commit(first);
      const rangeRead = { dataset: 'tradeOffers', lastWriter: first.txId };
      const reads = [{ dataset: 'tradeOffers', key, packetHash: first.version('tradeOffers', key)! }];
      const update = make({ reads, writes: [{ dataset: 'tradeOffers', key, value: '2' }] });
      const elsewhere = make({ writes: [{ dataset: 'auroraStones', key: freshKey(), value: '1' }] });
      expect(await commit(update, elsewhere, put(freshKey(), { rangeRead }))).toEqual(['VALID', 'VALID', 'VALID']);
      expect(await commit(put(freshKey()), put(freshKey()), put(freshKey()))).toEqual(['VALID', 'VALID', 'VALID']);
    });

    it('refuses what the endorsement policy does not cover, and keeps no trace of it', async () => {
      const key = freshKey();
      const lonely = put(key, { endorsers: endorserSigners(consortium, ['NorthMSP']) });
      const owners = put(key, { endorsers: endorserSigners(consortium, ['AuroraMSP', 'BorealisMSP']) });
      const guard = guardWriter('');
      expect(await commit(lonely, owners)).toEqual(['ENDORSEMENT_POLICY_FAILURE', 'ENDORSEMENT_POLICY_FAILURE']);
      expect(versions(key)).toEqual(same(undefined));
      expect(guardWriter('')).toEqual(guard);
    });

    it('refuses targets that the endorsement does not declare', async () => {
      const undeclared = put(freshKey(), { changePayload: (payload) => (payload.targets = []) });
      const others = put(freshKey(), { changePayload: (payload) => payload.targets[0]!.owners.pop() });
      expect(await commit(undeclared, others)).toEqual(['ENDORSEMENT_POLICY_FAILURE', 'ENDORSEMENT_POLICY_FAILURE']);
    });

    it('refuses a transaction whose packets an owner does not hold', async () => {
      const missing = put(freshKey(), { changeSigned: (transaction) => transaction.receipts.pop() });
      const ended = put(freshKey(), { receiptsEndAt: 1n });
      const borrowed = put(freshKey(), { changeSigned: (transaction) => (transaction.receipts = transaction.receipts.map((receipt) => ({ ...receipt, signature: transaction.receipts[0]!.signature }))) });
      expect(await commit(missing, ended, borrowed)).toEqual(['ENDORSEMENT_POLICY_FAILURE', 'ENDORSEMENT_POLICY_FAILURE', 'ENDORSEMENT_POLICY_FAILURE']);
    });

    it('lets a revocation take effect at once, on transactions that are under way too', async () => {
      const node = await consortium.issueComputeNode();
      const byNode = createTransactionMaker(consortium, node);
      const [before, after] = [byNode({ writes: [{ key: freshKey(), value: '1' }] }), byNode({ writes: [{ key: freshKey(), value: '1' }] })];
      expect(await commit(before)).toEqual(['VALID']);
      await changePolicy([{ key: facts.revokedNode(node.nodeId), value: Buffer.from('stolen') }]);
      expect(await commit(after, put(freshKey()))).toEqual(['MVCC_READ_CONFLICT', 'VALID']);
    });

    it('fails what was endorsed under an older contract policy, and follows the new one', async () => {
      const old = put(freshKey());
      const stricter = { policyVersion: consortium.contractPolicy.policyVersion + 1n, endorsementPolicy: `AND('NorthMSP.peer', 'SouthMSP.peer', 'EastMSP.peer')` };
      const previous = consortium.contractPolicy;
      consortium.setContractPolicy(stricter);
      await changePolicy([{ key: facts.contract(consortium.contract), value: encodeMessage(ContractPolicySchema, consortium.contractPolicy) }]);
      expect(await commit(old, put(freshKey()))).toEqual(['ENDORSEMENT_POLICY_FAILURE', 'ENDORSEMENT_POLICY_FAILURE']);
      expect(await commit(put(freshKey(), { endorsers: endorserSigners(consortium) }))).toEqual(['VALID']);
      const between = put(freshKey(), { endorsers: endorserSigners(consortium) });
      consortium.setContractPolicy({ policyVersion: stricter.policyVersion + 1n, endorsementPolicy: previous.endorsementPolicy });
      await changePolicy([{ key: facts.contract(consortium.contract), value: encodeMessage(ContractPolicySchema, consortium.contractPolicy) }]);
      expect(await commit(between, put(freshKey()))).toEqual(['MVCC_READ_CONFLICT', 'VALID']);
    });

    it('leaves the facts as they are when too few organisations approve', async () => {
      const roots = everywhere(({ head }) => Buffer.from(head.policyRoot).toString('hex'));
      await changePolicy([{ key: facts.revokedNode('n'), value: Buffer.from('x') }], consortium.profile.message.adminQuorum - 1);
      expect(everywhere(({ head }) => Buffer.from(head.policyRoot).toString('hex'))).toEqual(roots);
      expect(new Set(roots).size).toBe(1);
    });

    it('gives one order to everyone, and to a follower that comes later', async () => {
      const transactions = Array.from({ length: 40 }, () => put(freshKey()));
      const places = await ledger.order(transactions.map(({ bytes }) => bytes));
      const late = await ledger.addFollower();
      await settle(places);
      const sorted = [...places].sort((a, b) => Number(a.blockNumber - b.blockNumber) || a.index - b.index);
      expect(places).toEqual(sorted);
      const heads = everywhere(({ head }) => [head.height, Buffer.from(head.blockHash).toString('hex'), Buffer.from(head.commitHash).toString('hex')].join());
      expect(new Set(heads).size).toBe(1);
      expect(late.head.height).toBe(ledger.followers[0]!.head.height);
    });

    it('has everything after a restart, and goes on', async () => {
      const key = freshKey();
      const transaction = put(key);
      await commit(transaction);
      const heads = everywhere(({ head }) => Buffer.from(head.commitHash).toString('hex'));
      await ledger.restart();
      expect(everywhere(({ head }) => Buffer.from(head.commitHash).toString('hex'))).toEqual(heads);
      expect(await results(transaction)).toBe('VALID');
      expect(versions(key)).toEqual(same(transaction.version('', key)));
      expect(await commit(put(freshKey()))).toEqual(['VALID']);
    });
  });
}
