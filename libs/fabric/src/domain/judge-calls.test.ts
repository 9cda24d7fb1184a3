import { sha256, toHex } from '@selvedge/crypto';
import { createTestConsortium, randomTxId, type TestConsortium, type TestContract } from '@selvedge/fixtures';
import type { FabricEndorsed, FabricNamespace } from '@selvedge/fixtures/fabric';
import { membershipGuardKey, ValidationCode } from '@selvedge/protocol';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { blockWith, endorsedOf, stateOf, type TestFabricState } from '../testdata/fabric-ledger.js';
import { guardKeyHash, placeText } from './key-hashes.js';
import { judgeFabricBlock } from './judge-block.js';
import type { FabricVerdict } from './judge-transaction.js';

const [VALID, CONFLICT] = [0, 11];

let consortium: TestConsortium;
let bank: TestContract;
let state: TestFabricState;
beforeAll(async () => {
  consortium = await createTestConsortium();
});
beforeEach(() => {
  bank = consortium.addContract('bank');
  state = stateOf(consortium);
});
afterEach(() => {
  consortium.restore();
});

const endorsed = (input: Parameters<typeof endorsedOf>[1] = {}): FabricEndorsed => endorsedOf(consortium, { called: [{ contract: bank, writes: [{ key: 'stone-1', value: 'sold' }] }], ...input });
async function verdictOf(transaction: FabricEndorsed, flag = VALID): Promise<FabricVerdict> {
  const context = { channel: consortium.channel, policyChaincode: 'selvedge-policy', state, profile: consortium.profile };
  return (await judgeFabricBlock(blockWith(consortium.channel, [transaction, flag]), context)).verdicts[0]!;
}
/** As endorsers would sign who do not run the approved endorsement chaincode. */
const changed = (change: (namespaces: readonly FabricNamespace[]) => readonly FabricNamespace[]): FabricEndorsed => {
  const genuine = endorsed();
  return { ...genuine, namespaces: change(genuine.namespaces) };
};

it('a transaction of two contracts writes in the namespace of each', async () => {
  const txId = randomTxId();
  const verdict = await verdictOf(endorsed({ txId }));
  expect([verdict.code, verdict.mismatch, toHex(verdict.txIds[0]!)]).toEqual([ValidationCode.VALID, undefined, toHex(txId)]);
  const values = verdict.entries.filter(({ write }) => write !== undefined);
  expect(values.map(({ namespace, collection }) => [namespace, collection]).sort()).toEqual([['bank', 'selvedge_houses'], [consortium.contract, 'selvedge_houses']].sort());
  expect(new Set(values.map(({ keyHash }) => toHex(keyHash))).size).toBe(2);
});

it('a section that was not written is a mismatch, and the transaction id is not believed', async () => {
  for (const left of [0, 1]) {
    const verdict = await verdictOf(changed((namespaces) => namespaces.filter((_, i) => i === left)));
    expect(verdict.mismatch).toBe('the response names a write that was not made');
    expect(verdict.txIds).toEqual([]);
  }
});

it('one contract’s write in the other’s namespace is a mismatch', async () => {
  const verdict = await verdictOf(changed(([first, second]) => [{ ...first!, namespace: 'bank' }, { ...second!, namespace: consortium.contract }]));
  expect(verdict.mismatch).toBe('a write is not in the response');
});

it('a conflict in the called contract is told by what it read there', async () => {
  const txId = randomTxId();
  const guardKey = membershipGuardKey(bank.keys.names.datasetTag('', ''));
  const query = (): FabricEndorsed => endorsedOf(consortium, { txId, called: [{ contract: bank, writes: [{ key: 'stone-1', value: 'sold' }], setReads: [{}] }] });
  expect((await verdictOf(query(), CONFLICT)).code).toBe(ValidationCode.MVCC_READ_CONFLICT);
  state.entries.set(placeText(consortium.contract, 'selvedge_houses', guardKeyHash(guardKey)), sha256(randomTxId()));
  expect((await verdictOf(query(), CONFLICT)).code).toBe(ValidationCode.MVCC_READ_CONFLICT);
  state.entries.set(placeText('bank', 'selvedge_houses', guardKeyHash(guardKey)), sha256(randomTxId()));
  expect((await verdictOf(query(), CONFLICT)).code).toBe(ValidationCode.PHANTOM_READ_CONFLICT);
});
