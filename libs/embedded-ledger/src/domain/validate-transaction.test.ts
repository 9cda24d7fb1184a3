import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { labelledHash } from '@selvedge/crypto';
import {
  createEndorsedTransaction,
  createReceipts,
  createTargetData,
  createTestConsortium,
  createTestKeyPolicy,
  encodeTransaction,
  randomTxId,
  type EndorsedTransactionInput,
  type TargetDataInput,
  type TestComputeNode,
  type TestConsortium,
  type TestWrite,
  TEST_ORGANISATION_MAP,
} from '@selvedge/fixtures';
import { facts } from '@selvedge/policy';
import { CoreSchema, encodeMessage, GuardKind, GuardReadSchema, KeyPolicyReadSchema, parseCore, ReceiptSchema, TransactionSchema, ValidationCode, type EndorsedTransaction } from '@selvedge/protocol';
import { validateBlock } from './validate-block.js';
import { validateTransaction } from './validate-transaction.js';
import { validationCodeName, type Verdict } from './verdict.js';

interface Shape {
  readonly target?: Partial<TargetDataInput>;
  readonly endorsed?: Partial<EndorsedTransactionInput>;
  /** After the receipts are in. */
  readonly change?: (transaction: EndorsedTransaction) => void;
}

const hash = (name: string): Uint8Array => labelledHash('test', name);

describe('validateTransaction', () => {
  let consortium: TestConsortium;
  let node: TestComputeNode;

  beforeAll(async () => {
    // Long ago: every certificate has expired, and no verdict may depend on that.
    consortium = await createTestConsortium({ now: new Date('2021-01-01T00:00:00Z') });
    node = await consortium.issueComputeNode();
  });
  beforeEach(() => {
    consortium.setContractPolicy({});
    consortium.state.height = 5n;
  });

  const build = ({ target, endorsed, change }: Shape = {}): EndorsedTransaction => {
    const targetData = createTargetData({ consortium, nodes: [node], ...target });
    const transaction = createEndorsedTransaction({ consortium, targetData, ...endorsed });
    transaction.receipts = createReceipts(consortium, transaction).map((receipt) => create(ReceiptSchema, receipt));
    change?.(transaction);
    return transaction;
  };
  const judge = (bytes: Uint8Array): Verdict => validateTransaction(bytes, consortium.state, consortium.profile);
  const codeOf = (shape: Shape): string => validationCodeName(judge(encodeTransaction(build(shape))).code);
  const ledgerKey = (dataset: string, key: string): Uint8Array => consortium.contractKeys.names.ledgerKey(dataset, key);
  const guard = { ownerSet: 'houses', dataset: '', guardKey: hash('guard'), kind: GuardKind.MEMBERSHIP };

  it('finds an endorsed transaction valid and says what it changes', () => {
    const txId = randomTxId();
    const verdict = judge(encodeTransaction(build({ target: { txId, writes: [{ key: 'a', value: '1' }, { dataset: 'auroraStones', key: 'b' }] } })));
    expect(verdict).toMatchObject({ code: ValidationCode.VALID, reason: undefined });
    expect(Buffer.from(verdict.txIds[0]!)).toEqual(Buffer.from(txId));
    const versions = verdict.updates.versions.map(({ ownerSet, dataset, version }) => [ownerSet, dataset, version?.length]);
    expect(versions).toEqual([['aurora', 'auroraStones', undefined], ['houses', '', 32]]);
    expect(verdict.updates.guards.map(({ ownerSet, txId: writer }) => [ownerSet, Buffer.from(writer).equals(txId)])).toEqual([['aurora', true], ['houses', true]]);
  });

  it('finds one without writes valid: it declares nobody', () => {
    expect(codeOf({ target: { writes: [], reads: [{ key: 'a' }] } })).toBe('VALID');
  });

  it.each<[string, Shape]>([
    ['one core twice', { change: (tx) => tx.cores.push(tx.cores[0]!) }],
    ['no core', { change: (tx) => (tx.cores = []) }],
    ['an item mask', { change: (tx) => (tx.itemMask = Uint8Array.of(1)) }],
    ['another core version', { change: (tx) => (tx.cores = tx.cores.map((core) => encodeMessage(CoreSchema, { ...parseCore(core), version: 2 }))) }],
    ['a sealed event that no core names', { change: (tx) => tx.sealedEvents.push(Uint8Array.of(1)) }],
    ['no sealed event though a core names one', { target: { event: { name: 'e', payload: 'p' } }, change: (tx) => (tx.sealedEvents = []) }],
    ['a write that says delete: false', { target: { changeCore: (core) => (core.sections[0]!.writes[0]!.effect = { case: 'delete', value: false }) } }],
    ['fact reads out of order', { endorsed: { changePayload: (payload) => payload.factReads.reverse() } }],
    ['a short target digest', { endorsed: { changePayload: (payload) => (payload.targetDigest = hash('x').slice(1)) } }],
    ['too many endorsements', { change: (tx) => (tx.endorsements = Array.from({ length: 65 }, () => tx.endorsements[0]!)) }],
    ['too many receipts', { change: (tx) => (tx.receipts = Array.from({ length: 65 }, () => tx.receipts[0]!)) }],
  ])('refuses %s as BAD_PAYLOAD, under no id', (_, shape) => {
    const verdict = judge(encodeTransaction(build(shape)));
    expect(validationCodeName(verdict.code)).toBe('BAD_PAYLOAD');
    expect(verdict.txIds).toEqual([]);
  });

  it('refuses bytes of no kind as BAD_PAYLOAD', () => {
    expect(judge(new Uint8Array(0)).code).toBe(ValidationCode.BAD_PAYLOAD);
    expect(judge(Uint8Array.of(0xff, 1, 2)).code).toBe(ValidationCode.BAD_PAYLOAD);
    expect(judge(encodeMessage(TransactionSchema, { kind: { case: 'policy', value: Uint8Array.of(0xff) } })).code).toBe(ValidationCode.BAD_PAYLOAD);
  });

  it('takes an event that its core names', () => {
    expect(codeOf({ target: { event: { name: 'e', payload: 'p' } } })).toBe('VALID');
  });

  it('refuses an id that is used up, whatever its result was', () => {
    for (const code of [ValidationCode.VALID, ValidationCode.MVCC_READ_CONFLICT]) {
      const txId = randomTxId();
      consortium.state.setResult(txId, code);
      expect(codeOf({ target: { txId } })).toBe('DUPLICATE_TXID');
    }
  });

  it('refuses when a fact that the endorsement rests on has changed', () => {
    const bytes = encodeTransaction(build());
    consortium.state.setFact(facts.revokedNode(node.nodeId), Buffer.from('stolen'));
    expect(validationCodeName(judge(bytes).code)).toBe('MVCC_READ_CONFLICT');
    consortium.state.setFact(facts.revokedNode(node.nodeId), undefined);
    expect(validationCodeName(judge(bytes).code)).toBe('VALID');
    const root = consortium.state.fact(facts.brokerRoot)!;
    consortium.state.setFact(facts.brokerRoot, undefined);
    expect(validationCodeName(judge(bytes).code)).toBe('MVCC_READ_CONFLICT');
    consortium.state.setFact(facts.brokerRoot, root);
  });

  it('refuses when a key that was read has another version, appeared or went', () => {
    const read = (packetHash?: Uint8Array): string => codeOf({ target: { reads: [{ key: 'r', ...(packetHash && { packetHash }) }] } });
    expect(read(hash('v1'))).toBe('MVCC_READ_CONFLICT');
    consortium.state.setVersion(consortium.contract, 'houses', '', ledgerKey('', 'r'), hash('v1'));
    expect(read(hash('v1'))).toBe('VALID');
    expect(read(hash('v2'))).toBe('MVCC_READ_CONFLICT');
    expect(read()).toBe('MVCC_READ_CONFLICT');
  });

  describe('key-level policies', () => {
    const [org1, org2] = [createTestKeyPolicy('Org1MSP'), createTestKeyPolicy('Org2MSP')];
    const key = ['houses', '', 'k'] as const;
    const stand = (policy: Uint8Array | undefined): void => { consortium.state.setKeyPolicy(consortium.contract, key[0], key[1], ledgerKey('', 'k'), policy); };
    const endorsers = (...mspIds: string[]): Partial<EndorsedTransactionInput> => ({ endorsers: mspIds.map((mspId) => consortium.organisation(mspId).peer.signer) });
    const write = (endorsed: Partial<EndorsedTransactionInput>, change: Partial<TestWrite> = { value: '1' }, target: Partial<TargetDataInput> = {}): Shape => ({ endorsed, target: { writes: [{ key: 'k', ...change }], ...target } });
    beforeEach(() => {
      consortium.setContractPolicy({ organisationMap: TEST_ORGANISATION_MAP });
      stand(undefined);
      consortium.state.setVersion(consortium.contract, 'houses', '', ledgerKey('', 'k'), undefined);
    });
    afterEach(() => {
      consortium.restore();
    });

    it('that stand are asked for beside the owner set’s, by put, delete and successor alike', () => {
      stand(org1);
      consortium.state.setVersion(consortium.contract, 'houses', '', ledgerKey('', 'k'), hash('v1'));
      const present: Partial<TargetDataInput> = { reads: [{ key: 'k', packetHash: hash('v1') }] };
      for (const [change, target] of [[{ value: '1' }, {}], [{}, {}], [{ keyPolicy: org2 }, present], [{ value: '1', keyPolicy: new Uint8Array(0) }, {}]] as const) {
        expect(codeOf(write(endorsers('SouthMSP', 'EastMSP'), change, target))).toBe('ENDORSEMENT_POLICY_FAILURE');
        expect(codeOf(write(endorsers('NorthMSP', 'EastMSP'), change, target))).toBe('VALID');
      }
      // The key's own policy alone does not do.
      expect(codeOf(write(endorsers('NorthMSP')))).toBe('ENDORSEMENT_POLICY_FAILURE');
    });

    it('are set, ended and dropped with their key', () => {
      const updates = (change: Partial<TestWrite>): unknown => judge(encodeTransaction(build(write({}, change)))).updates.keyPolicies.map(({ policy }) => policy && Buffer.from(policy).equals(org1));
      expect(updates({ value: '1', keyPolicy: org1 })).toEqual([true]);
      expect(updates({ value: '1', keyPolicy: new Uint8Array(0) })).toEqual([undefined]);
      expect(updates({})).toEqual([undefined]);
      expect(updates({ value: '1' })).toEqual([]);
    });

    it('leave the value where they alone are set', () => {
      consortium.state.setVersion(consortium.contract, 'houses', '', ledgerKey('', 'k'), hash('v1'));
      const verdict = judge(encodeTransaction(build(write({}, { keyPolicy: org1 }, { reads: [{ key: 'k', packetHash: hash('v1') }] }))));
      expect([verdict.code, verdict.updates.versions, verdict.updates.guards]).toEqual([ValidationCode.VALID, [], []]);
    });

    it('must be such as can be carried out', () => {
      expect(codeOf(write({}, { value: '1', keyPolicy: createTestKeyPolicy('Org9MSP') }))).toBe('ENDORSEMENT_POLICY_FAILURE');
      expect(codeOf(write({}, { value: '1', keyPolicy: Uint8Array.of(0xff) }))).toBe('ENDORSEMENT_POLICY_FAILURE');
      consortium.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses' }, { name: 'auroraStones', ownerSet: 'aurora', blockToLive: 3n }] });
      expect(codeOf(write({}, { dataset: 'auroraStones', value: '1', keyPolicy: org1 }))).toBe('ENDORSEMENT_POLICY_FAILURE');
      consortium.restore();
      expect(codeOf(write({}, { value: '1', keyPolicy: org1 }))).toBe('ENDORSEMENT_POLICY_FAILURE');
    });

    it('that were read must stand', () => {
      const reading = (policy: Uint8Array): Shape => write({}, { value: '1' }, { changeCore: (core) => { core.sections[0]!.keyPolicyReads = [create(KeyPolicyReadSchema, { ownerSet: 'houses', dataset: '', ledgerKey: ledgerKey('', 'other'), policy })]; } });
      expect(codeOf(reading(new Uint8Array(0)))).toBe('VALID');
      expect(codeOf(reading(org1))).toBe('MVCC_READ_CONFLICT');
    });

    it('that were set before in the block make a write to their key invalid, whoever endorses it', async () => {
      const setting = encodeTransaction(build(write({}, { value: '1', keyPolicy: org1 })));
      const after = encodeTransaction(build(write(endorsers('NorthMSP', 'EastMSP'), { value: '2' })));
      const elsewhere = encodeTransaction(build(write({}, { key: 'other', value: '2' })));
      const { verdicts } = await validateBlock([setting, after, elsewhere], consortium.state, consortium.profile);
      expect(verdicts.map(({ code }) => validationCodeName(code))).toEqual(['VALID', 'ENDORSEMENT_POLICY_FAILURE', 'VALID']);
    });
  });

  it('refuses when a guard that was read names another transaction', () => {
    const withGuard = (txId: Uint8Array): Shape => ({ target: { changeCore: (core) => (core.sections[0]!.guardsRead = [create(GuardReadSchema, { ...guard, txId })]) } });
    const none = new Uint8Array(0);
    expect(codeOf(withGuard(none))).toBe('VALID');
    expect(codeOf(withGuard(hash('t1')))).toBe('PHANTOM_READ_CONFLICT');
    consortium.state.setGuard(consortium.contract, 'houses', '', guard.guardKey, hash('t1'));
    expect(codeOf(withGuard(hash('t1')))).toBe('VALID');
    expect(codeOf(withGuard(none))).toBe('PHANTOM_READ_CONFLICT');
    const both: Shape = { target: { reads: [{ key: 'other', packetHash: hash('v') }], ...withGuard(none).target } };
    expect(codeOf(both)).toBe('MVCC_READ_CONFLICT');
  });

  it.each<[string, Shape]>([
    ['a key of an existing collection', { target: { changeCore: (core) => (core.sections[0]!.writes[0]!.legacyKeyHash = hash('key')) } }],
  ])('refuses %s, which it does not carry out yet', (_, shape) => {
    expect(codeOf(shape)).toBe('INVALID_OTHER_REASON');
  });

  it('passes on a fault of its own process instead of judging', () => {
    const broken = { ...consortium.state, fact: () => { throw new RangeError('disk'); } };
    expect(() => validateTransaction(encodeTransaction(build()), broken, consortium.profile)).toThrow(RangeError);
  });

  it('never throws for mutated bytes', () => {
    const bytes = encodeTransaction(build({ target: { event: { name: 'e', payload: 'p' } } }));
    const mutation = fc.record({ at: fc.nat(bytes.length - 1), value: fc.nat(255), cut: fc.option(fc.nat(bytes.length), { freq: 4 }) });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
        let mutated = Uint8Array.from(bytes);
        for (const { at, value, cut } of mutations) {
          if (at < mutated.length) mutated[at] = value;
          if (cut !== null) mutated = mutated.slice(0, cut);
        }
        expect(ValidationCode[judge(mutated).code]).toBeTypeOf('string');
      }),
      { numRuns: 300 },
    );
  });
});
