import { create } from '@bufbuild/protobuf';
import { labelledHash, sha256, toHex } from '@selvedge/crypto';
import {
  createEndorsedTransaction, createReceipts, createTargetData, createTestConsortium, createTestKeyPolicy, encodeTransaction, endorserSigners, joinTargetData, randomTxId, TEST_ORGANISATION_MAP,
  type EndorsedTransactionInput, type TargetDataInput, type TestComputeNode, type TestConsortium,
} from '@selvedge/fixtures';
import { KeyPolicyReadSchema, maskItems, membershipGuardKey, parseCore, ReceiptSchema, ValidationCode, type TargetData } from '@selvedge/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { validateBlock } from './validate-block.js';
import { validateTransaction } from './validate-transaction.js';
import { validationCodeName, type Verdict } from './verdict.js';

const hash = (name: string): Uint8Array => labelledHash('test', name);
const OLD = hash('old');
const PLACE = ['houses', ''] as const;

describe('a batch in a block', () => {
  let consortium: TestConsortium;
  let node: TestComputeNode;
  beforeAll(async () => {
    consortium = await createTestConsortium();
    node = await consortium.issueComputeNode();
  });
  beforeEach(() => {
    consortium.setContractPolicy({});
    consortium.state.height = 5n;
  });
  afterEach(() => {
    consortium.restore();
  });

  const item = (input: Partial<TargetDataInput> = {}): TargetData => createTargetData({ consortium, nodes: [node], ...input });
  const packetHash = ({ attachments }: TargetData): Uint8Array => sha256(attachments!.packets[0]!);
  const ledgerKey = (key: string): Uint8Array => consortium.contractKeys.names.ledgerKey('', key);
  const stand = (key: string, version: Uint8Array | undefined): void => { consortium.state.setVersion(consortium.contract, ...PLACE, ledgerKey(key), version); };
  const encode = (targetData: TargetData, endorsed: Partial<EndorsedTransactionInput> = {}): Uint8Array => {
    const transaction = createEndorsedTransaction({ consortium, targetData, ...endorsed });
    transaction.receipts = createReceipts(consortium, transaction).map((receipt) => create(ReceiptSchema, receipt));
    return encodeTransaction(transaction);
  };
  const judge = (bytes: Uint8Array): Verdict => validateTransaction(bytes, consortium.state, consortium.profile);
  const codeOf = (targetData: TargetData): string => validationCodeName(judge(encode(targetData)).code);
  const masked = (targetData: TargetData, ...dropped: number[]): TargetData => maskItems(targetData, targetData.cores.map(parseCore), new Set(dropped));
  const join = (...items: readonly TargetData[]): TargetData => joinTargetData([node], items);
  /** Both write stone-1, the second on the first. */
  const chain = (): [TargetData, TargetData] => {
    const first = item({ reads: [{ key: 'stone-1', packetHash: OLD }], writes: [{ key: 'stone-1', value: '1' }] });
    return [first, item({ reads: [{ key: 'stone-1', packetHash: packetHash(first) }], writes: [{ key: 'stone-1', value: '2' }] })];
  };

  it('changes what its items change one after the other, each under its own id, and uses up every id', () => {
    stand('stone-1', OLD);
    const [first, second] = chain();
    const verdict = judge(encode(join(first, second)));
    expect(verdict).toMatchObject({ code: ValidationCode.VALID, reason: undefined });
    expect(verdict.txIds.map(toHex)).toEqual([first, second].map(({ cores }) => toHex(parseCore(cores[0]!).txId)));
    expect(verdict.updates.versions.map(({ version }) => toHex(version!))).toEqual([first, second].map((each) => toHex(packetHash(each))));
    expect(verdict.updates.history.map(({ txId }) => toHex(txId))).toEqual(verdict.txIds.map(toHex));
  });

  it('leaves the guard to the last item that wrote it', () => {
    const [one, two] = [item({ writes: [{ key: 'a', value: '1' }] }), item({ writes: [{ key: 'b', value: '1' }] })];
    const { updates, txIds } = judge(encode(join(one, two)));
    expect(updates.guards.map(({ txId }) => toHex(txId))).toEqual(txIds.map(toHex));
  });

  it('is invalid as a whole when what one item read is not what stands for it', () => {
    stand('stone-1', hash('new'));
    expect(codeOf(join(item({ writes: [{ key: 'a', value: '1' }] }), chain()[0]))).toBe('MVCC_READ_CONFLICT');
    stand('stone-1', OLD);
    const [first, second] = chain();
    expect(codeOf(join(second, first))).toBe('MVCC_READ_CONFLICT');
    expect(codeOf(join(first, item({ setReads: [{ guardTxId: OLD }], writes: [{ dataset: 'auroraStones', key: 'a', value: '1' }] })))).toBe('PHANTOM_READ_CONFLICT');
  });

  it('whose item queried a range before another wrote into it is valid, and after it is not', () => {
    const tag = consortium.contractKeys.names.datasetTag('', '');
    const guard = hash('guard');
    consortium.state.setGuard(consortium.contract, ...PLACE, membershipGuardKey(tag), guard);
    const query = item({ setReads: [{ guardTxId: guard }], writes: [{ dataset: 'auroraStones', key: 'a', value: '1' }] });
    const insert = item({ writes: [{ key: 'b', value: '1' }] });
    expect(codeOf(join(query, insert))).toBe('VALID');
    expect(codeOf(join(insert, query))).toBe('PHANTOM_READ_CONFLICT');
  });

  it('without its dropped items is judged, and leaves their ids unused', () => {
    stand('stone-1', hash('new'));
    const [first, second] = chain();
    const third = item({ writes: [{ key: 'stone-3', value: '3' }] });
    const { code, txIds, updates } = judge(encode(masked(join(first, second, third), 0, 1)));
    expect(validationCodeName(code)).toBe('VALID');
    expect(txIds.map(toHex)).toEqual([toHex(parseCore(third.cores[0]!).txId)]);
    expect(updates.versions).toHaveLength(1);
    stand('stone-1', OLD);
    expect(codeOf(masked(join(first, second, third), 0))).toBe('MVCC_READ_CONFLICT');
  });

  it('with an item that was ordered before is a duplicate, first or not', async () => {
    const [used, fresh] = [randomTxId(), randomTxId()];
    consortium.state.setResult(used, ValidationCode.VALID);
    const [one, two] = [item({ txId: fresh }), item({ txId: used })];
    expect(codeOf(join(one, two))).toBe('DUPLICATE_TXID');
    expect(codeOf(join(two, one))).toBe('DUPLICATE_TXID');
    // Within one block as well.
    consortium.state.setResult(used, ValidationCode.VALID);
    const again = join(item({ txId: fresh, writes: [{ key: 'x', value: '1' }] }));
    const { verdicts } = await validateBlock([encode(again), encode(join(item({ writes: [{ key: 'y', value: '1' }] }), item({ txId: fresh, writes: [{ key: 'z', value: '1' }] })))], consortium.state, consortium.profile);
    expect(verdicts.map(({ code }) => validationCodeName(code))).toEqual(['VALID', 'DUPLICATE_TXID']);
  });

  it('is endorsed with its item mask: the endorsements of another mask do not count', () => {
    const batch = join(item({ writes: [{ key: 'a', value: '1' }] }), item({ writes: [{ key: 'b', value: '1' }] }));
    const transaction = createEndorsedTransaction({ consortium, targetData: batch });
    transaction.itemMask = Uint8Array.of(1);
    transaction.receipts = createReceipts(consortium, transaction).map((receipt) => create(ReceiptSchema, receipt));
    expect(judge(encodeTransaction(transaction))).toMatchObject({ code: ValidationCode.ENDORSEMENT_POLICY_FAILURE });
  });

  it('needs the policies of every owner set that any item writes', () => {
    const batch = join(item({ writes: [{ key: 'a', value: '1' }] }), item({ writes: [{ dataset: 'auroraStones', key: 'b', value: '1' }] }));
    expect(judge(encode(batch)).code).toBe(ValidationCode.VALID);
    expect(judge(encode(batch, { endorsers: endorserSigners(consortium, ['NorthMSP']) })).code).toBe(ValidationCode.ENDORSEMENT_POLICY_FAILURE);
    expect(judge(encode(batch, { changePayload: (payload) => payload.targets.pop() })).code).toBe(ValidationCode.ENDORSEMENT_POLICY_FAILURE);
  });

  it('does not write a key again whose own policy it has set or ended', () => {
    consortium.setContractPolicy({ organisationMap: TEST_ORGANISATION_MAP });
    const policy = createTestKeyPolicy('Org1MSP');
    const first = item({ writes: [{ key: 'k', value: '1', keyPolicy: policy }] });
    const second = item({ reads: [{ key: 'k', packetHash: packetHash(first) }], writes: [{ key: 'k', value: '2' }] });
    expect(codeOf(join(first, item({ writes: [{ key: 'l', value: '2' }] })))).toBe('VALID');
    expect(codeOf(join(first, second))).toBe('ENDORSEMENT_POLICY_FAILURE');
    expect(codeOf(join(item({ writes: [{ key: 'k' }] }), item({ writes: [{ key: 'k', value: '2' }] })))).toBe('ENDORSEMENT_POLICY_FAILURE');
    const reader = item({ writes: [{ key: 'm', value: '2' }], changeCore: (core) => { core.sections[0]!.keyPolicyReads = [create(KeyPolicyReadSchema, { ownerSet: 'houses', dataset: '', ledgerKey: ledgerKey('k'), policy: new Uint8Array(0) })]; } });
    expect(codeOf(join(reader, first))).toBe('VALID');
    expect(codeOf(join(first, reader))).toBe('MVCC_READ_CONFLICT');
  });
});
