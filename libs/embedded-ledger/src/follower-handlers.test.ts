import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { sha256, toHex } from '@selvedge/crypto';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import {
  CommitStatementRequestSchema, CommittedTransactionSchema, ConfirmReadsRequestSchema, encodeMessage, HistoryHeadRequestSchema, HistoryHeadSchema, LedgerViewRequestSchema, LedgerViewStatementSchema, parseMessage, policyRoot, QueryReadsSchema, SetDigestRequestSchema, signing, StandingReadsSchema, ValidationCode,
  type LedgerViewAnswer, type LedgerViewStatement, type SetDigestRequest, type SetDigestStatement,
} from '@selvedge/protocol';
import { verifySetStatement } from '@selvedge/set-digest';
import { sortFacts, type LedgerHead } from './domain/ledger-head.js';
import type { SetId } from './domain/sets.js';
import { createFollowerHandlers } from './follower-handlers.js';

describe('createFollowerHandlers', () => {
  let consortium: TestConsortium;
  let head: LedgerHead;
  let follower: Parameters<typeof createFollowerHandlers>[0]['follower'];
  let asked: { set: SetId; height: bigint }[];
  let waited: bigint[];

  beforeAll(async () => {
    consortium = await createTestConsortium();
    const facts = new Map([['b', Uint8Array.of(2)], ['a', Uint8Array.of(1)]]);
    head = { height: 3n, blockHash: new Uint8Array(32).fill(7), commitHash: new Uint8Array(32), ...sortFacts(facts) };
  });
  beforeEach(() => {
    [asked, waited] = [[], []];
    follower = {
      head,
      profile: () => consortium.profile,
      state: consortium.state,
      commitOf: (txId) => (txId[0] === 1 ? { code: ValidationCode.VALID, blockNumber: 2n, gated: { coreDigest: new Uint8Array(32).fill(5), blockHash: new Uint8Array(32).fill(6) } } : undefined),
      setDigest: (set, height) => {
        asked.push({ set, height });
        return { root: new Uint8Array(32).fill(1), count: 4n, guardTxId: new Uint8Array(32).fill(2) };
      },
      changes: (from) => [Uint8Array.of(Number(from))],
      waitForHeight: (height) => {
        waited.push(height);
        return Promise.resolve(true);
      },
    };
  });

  const ask = (nonce: Uint8Array, knownPolicyRoot: Uint8Array = new Uint8Array(0), at = head): Promise<LedgerViewAnswer> => {
    const { signer } = consortium.organisation('NorthMSP').peer;
    const handlers = createFollowerHandlers({ follower: { ...follower, head: at }, signer });
    return handlers.getLedgerView(create(LedgerViewRequestSchema, { nonce, knownPolicyRoot }));
  };
  const read = (answer: LedgerViewAnswer): LedgerViewStatement => parseMessage(LedgerViewStatementSchema, answer.statement, 1_000);
  const nonce = new Uint8Array(16).fill(9);

  it('tells what blocks changed where that is asked for, under the signature', async () => {
    const { signer } = consortium.organisation('NorthMSP').peer;
    const handlers = createFollowerHandlers({ follower, signer });
    const changesOf = async (changesFrom?: bigint): Promise<Uint8Array[]> =>
      read(await handlers.getLedgerView(create(LedgerViewRequestSchema, { nonce, ...(changesFrom === undefined ? {} : { changesFrom }) }))).changes;
    expect(await changesOf()).toEqual([]);
    expect((await changesOf(0n)).map(toHex)).toEqual(['00']);
    expect((await changesOf(2n)).map(toHex)).toEqual(['02']);
  });

  it('signs where the follower stands, with the asker’s nonce', async () => {
    const answer = await ask(nonce);
    const statement = read(answer);
    expect([statement.network, statement.channel, statement.height]).toEqual([consortium.network, consortium.channel, 3n]);
    expect([statement.blockHash, statement.policyRoot, statement.nonce].map(toHex)).toEqual([head.blockHash, head.policyRoot, nonce].map(toHex));
    const signer = consortium.profile.msps.verifySignature(answer.signature!, signing.ledgerView(answer.statement), { role: 'peer' });
    expect(signer.mspId).toBe('NorthMSP');
  });

  it('signs where a key’s history ends, at one height, for what it was asked', async () => {
    const { signer } = consortium.organisation('NorthMSP').peer;
    const state = { ...consortium.state, height: 9n, history: () => ({ head: new Uint8Array(32).fill(5), count: 4n }) };
    const handlers = createFollowerHandlers({ follower: { ...follower, state }, signer });
    const question = { contract: 'c', ownerSet: 'o', dataset: '', ledgerKey: new Uint8Array(32).fill(3), nonce };
    const { statement, signature } = await handlers.getHistoryHead(create(HistoryHeadRequestSchema, question));
    expect(parseMessage(HistoryHeadSchema, statement, 1_000)).toMatchObject({ network: consortium.network, channel: consortium.channel, contract: 'c', ownerSet: 'o', height: 9n, count: 4n });
    expect(consortium.profile.msps.verifySignature(signature!, signing.historyHead(statement), { role: 'peer' }).mspId).toBe('NorthMSP');
    for (const wrong of [{ nonce: new Uint8Array(8) }, { ledgerKey: new Uint8Array(31) }, { contract: 'x'.repeat(257) }]) {
      await expect(handlers.getHistoryHead(create(HistoryHeadRequestSchema, { ...question, ...wrong }))).rejects.toMatchObject({ code: expect.stringMatching(/MALFORMED_MESSAGE|LIMIT_EXCEEDED/) as string });
    }
  });

  it('signs how a transaction ended, with what is kept of a gated one', async () => {
    const { signer } = consortium.organisation('NorthMSP').peer;
    const handlers = createFollowerHandlers({ follower, signer });
    const askCommit = async (txId: Uint8Array, own = nonce): Promise<unknown> => {
      const { statement, signature } = await handlers.getCommitStatement(create(CommitStatementRequestSchema, { txId, nonce: own }));
      expect(consortium.profile.msps.verifySignature(signature!, signing.commitStatement(statement), { role: 'peer' }).mspId).toBe('NorthMSP');
      return parseMessage(CommittedTransactionSchema, statement, 1_000);
    };
    const [committed, unknown] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const place = { network: consortium.network, channel: consortium.channel, height: 3n, nonce };
    expect(await askCommit(committed)).toMatchObject({ ...place, txId: committed, known: true, code: 0, blockNumber: 2n, coreDigest: new Uint8Array(32).fill(5), blockHash: new Uint8Array(32).fill(6) });
    expect(await askCommit(unknown)).toMatchObject({ ...place, txId: unknown, known: false, coreDigest: new Uint8Array(0) });
    for (const [txId, own] of [[new Uint8Array(31), nonce], [committed, new Uint8Array(8)], [committed, new Uint8Array(33)]] as const) await expect(askCommit(txId, own)).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE' });
  });

  it('signs which of a query’s reads stand, at one height, for what it was asked', async () => {
    const { signer } = consortium.organisation('NorthMSP').peer;
    const [one, two] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const isOne = (key: Uint8Array): Uint8Array | undefined => (key[0] === 1 ? one : undefined);
    const state = { ...consortium.state, height: 9n, version: (_contract: string, _set: string, _dataset: string, key: Uint8Array) => isOne(key), guard: (_contract: string, _set: string, _dataset: string, key: Uint8Array) => isOne(key) };
    const handlers = createFollowerHandlers({ follower: { ...follower, state }, signer });
    const place = { contract: 'c', ownerSet: 'o', dataset: '' };
    const none = new Uint8Array(0);
    const asked = {
      keys: [{ ...place, ledgerKey: one, packetHash: one }, { ...place, ledgerKey: one, packetHash: two }, { ...place, ledgerKey: two, packetHash: none }, { ...place, ledgerKey: one, packetHash: none }],
      guards: [{ ...place, guardKey: one, txId: one }, { ...place, guardKey: two, txId: one }],
    };
    const reads = encodeMessage(QueryReadsSchema, asked);
    const { statement, signature } = await handlers.confirmReads(create(ConfirmReadsRequestSchema, { reads, nonce }));
    expect(parseMessage(StandingReadsSchema, statement, 1_000)).toMatchObject({ network: consortium.network, channel: consortium.channel, height: 9n, stale: [1, 3, 5], readsDigest: new Uint8Array(sha256(reads)), nonce });
    expect(consortium.profile.msps.verifySignature(signature!, signing.standingReads(statement), { role: 'peer' }).mspId).toBe('NorthMSP');
    const refused = async (change: MessageInitShape<typeof QueryReadsSchema>, as = nonce): Promise<void> => {
      await expect(handlers.confirmReads(create(ConfirmReadsRequestSchema, { reads: encodeMessage(QueryReadsSchema, { ...asked, ...change }), nonce: as }))).rejects.toMatchObject({ code: expect.stringMatching(/MALFORMED_MESSAGE|LIMIT_EXCEEDED/) as string });
    };
    await refused({}, new Uint8Array(8));
    await refused({ keys: [{ ...place, ledgerKey: new Uint8Array(31) }] });
    await refused({ guards: [{ ...place, guardKey: new Uint8Array(31) }] });
    await refused({ keys: [{ ...place, contract: 'x'.repeat(257), ledgerKey: one }] });
    await refused({ keys: Array.from({ length: 10_001 }, () => ({ ...place, ledgerKey: one })) });
    await expect(handlers.confirmReads(create(ConfirmReadsRequestSchema, { reads: Uint8Array.of(255, 1, 2), nonce }))).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE' });
  });

  it('confirms what a collection holds that is taken over, beside the absence of a packet, where the ledger has such collections', async () => {
    const { signer } = consortium.organisation('NorthMSP').peer;
    const [one, two] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const state = { ...consortium.state, version: (_contract: string, _set: string, _dataset: string, key: Uint8Array) => (key[0] === 1 ? one : undefined), legacyHash: (contract: string, dataset: string, hash: Uint8Array) => (contract === 'c' && dataset === 'd' && hash[0] === 1 ? one : undefined) };
    const stale = async (keys: NonNullable<MessageInitShape<typeof QueryReadsSchema>['keys']>, on = state): Promise<readonly number[]> => {
      const handlers = createFollowerHandlers({ follower: { ...follower, state: on }, signer });
      const { statement } = await handlers.confirmReads(create(ConfirmReadsRequestSchema, { reads: encodeMessage(QueryReadsSchema, { keys }), nonce }));
      return parseMessage(StandingReadsSchema, statement, 1_000).stale;
    };
    const place = { contract: 'c', ownerSet: 'o', dataset: 'd', ledgerKey: two };
    const keys = [{ ...place, legacyKeyHash: one, legacyValueHash: one }, { ...place, legacyKeyHash: one }, { ...place, legacyKeyHash: two }, { ...place, legacyKeyHash: two, legacyValueHash: one }, { ...place, ledgerKey: one, legacyKeyHash: one, legacyValueHash: one }, { ...place, dataset: 'e', legacyKeyHash: one, legacyValueHash: one }];
    expect(await stale(keys)).toEqual([1, 3, 4, 5]);
    expect(await stale(keys, { ...state, legacyHash: undefined } as unknown as typeof state)).toEqual([0, 1, 2, 3, 4, 5]);
    await expect(stale([{ ...place, legacyKeyHash: new Uint8Array(31) }])).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE' });
  });

  it('sends the facts, sorted and under the root it signed, when the asker has others', async () => {
    for (const known of [new Uint8Array(0), new Uint8Array(32)]) {
      const answer = await ask(nonce, known);
      expect(answer.hasFacts).toBe(true);
      expect(answer.facts.map(({ key }) => key)).toEqual(['a', 'b']);
      expect(toHex(policyRoot(answer.facts))).toBe(toHex(read(answer).policyRoot));
    }
  });

  it('leaves the facts out when the asker has them', async () => {
    const answer = await ask(nonce, head.policyRoot);
    expect(answer).toMatchObject({ hasFacts: false, facts: [] });
  });

  it('refuses a nonce below 16 or above 32 bytes', async () => {
    for (const length of [0, 15, 33]) await expect(ask(new Uint8Array(length))).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE' });
    await expect(ask(new Uint8Array(32))).resolves.toBeDefined();
  });

  it('refuses while the ledger has no policy', async () => {
    await expect(ask(nonce, new Uint8Array(0), { ...head, facts: [] })).rejects.toMatchObject({ code: 'NOT_READY' });
  });

  describe('asked for a set’s digest', () => {
    const set = { contract: 'diamonds', ownerSet: 'houses', dataset: '', datasetTag: new Uint8Array(32).fill(3) };
    const askSet = (change: Partial<SetDigestRequest> = {}): Promise<SetDigestStatement> =>
      createFollowerHandlers({ follower, signer: consortium.organisation('NorthMSP').peer.signer }).getSetDigest(create(SetDigestRequestSchema, { ...set, height: 2n, ...change }), { signal: new AbortController().signal });

    it('signs what the set was at that height', async () => {
      const signed = await askSet();
      const { mspId, digest } = verifySetStatement(signed, consortium.profile);
      expect(mspId).toBe('NorthMSP');
      expect(digest).toMatchObject({ network: consortium.network, channel: consortium.channel, ...set, height: 2n, count: 4n, root: new Uint8Array(32).fill(1), guardTxId: new Uint8Array(32).fill(2) });
      expect(asked).toEqual([{ set, height: 2n }]);
      expect(waited).toEqual([]);
    });

    it('speaks of a dataset as a whole too', async () => {
      expect(verifySetStatement(await askSet({ datasetTag: new Uint8Array(0) }), consortium.profile).digest.datasetTag).toHaveLength(0);
    });

    it('waits for a height that is near, not for one that is far', async () => {
      await askSet({ height: 4n });
      await askSet({ height: 68n });
      expect(waited).toEqual([4n]);
    });

    it('refuses names and tags of a wrong length', async () => {
      for (const field of ['contract', 'ownerSet', 'dataset']) await expect(askSet({ [field]: 'x'.repeat(257) })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
      await expect(askSet({ datasetTag: new Uint8Array(31) })).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE' });
      expect(asked).toEqual([]);
    });
  });
});
