import { create } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEndorsedTransaction, createReceipts, createTargetData, createTestConsortium, createTestRevocation, encodeTransaction, type TestConsortium } from '@selvedge/fixtures';
import { CHANNEL_EPOCH, approvePolicyChange, createPolicyChange, createPolicyTransaction, createProfile, createSignedProfile, facts, policyTransactionId, signProfile, type FactUpdate } from '@selvedge/policy';
import { encodeMessage, ReceiptSchema, TransactionSchema, ValidationCode } from '@selvedge/protocol';
import type { BlockState } from '../ports.js';
import { StateOverlay } from './state-overlay.js';
import { validateTransaction } from './validate-transaction.js';
import { NO_UPDATES, validationCodeName, type Verdict } from './verdict.js';

describe('validateTransaction, policy', () => {
  let consortium: TestConsortium;

  beforeEach(async () => {
    consortium = await createTestConsortium({ now: new Date('2021-01-01T00:00:00Z') });
    // Before there are keys, a revocation stands for itself.
    for (const contract of [CHANNEL_EPOCH, consortium.contract]) consortium.state.setFact(facts.epoch(contract, 1n), undefined);
  });

  const admins = (count: number) => [...consortium.organisations.values()].slice(0, count).map(({ admin }) => admin.signer);
  const policyBytes = (changes: readonly FactUpdate[], approvals = 4, network = consortium.network): Uint8Array => {
    const change = createPolicyChange({ network, channel: consortium.channel, changes, facts: consortium.state });
    return createPolicyTransaction(change, admins(approvals).map((signer) => approvePolicyChange(change, signer)));
  };
  const judge = (policy: Uint8Array, state: BlockState = consortium.state): Verdict => validateTransaction(encodeMessage(TransactionSchema, { kind: { case: 'policy', value: policy } }), state, consortium.profile);
  const nameOf = (policy: Uint8Array): string => validationCodeName(judge(policy).code);
  const revocation = { key: facts.revokedNode('node-1'), value: Buffer.from('stolen') };

  it('finds a change with enough approvals valid', () => {
    const policy = policyBytes([revocation]);
    const verdict = judge(policy);
    expect(verdict).toMatchObject({ code: ValidationCode.VALID, profile: undefined, endorsed: undefined });
    expect(verdict.txIds).toEqual([policyTransactionId(policy)]);
    expect(verdict.updates.facts.map(({ key, value }) => [key, Buffer.from(value!).toString()])).toEqual([[revocation.key, 'stolen']]);
  });

  it('refuses to revoke a node without new epochs of all keys that the state and the block hold', () => {
    consortium.restore();
    expect(nameOf(policyBytes([revocation]))).toBe('INVALID_OTHER_REASON');
    const policy = policyBytes(consortium.withNextEpochs([revocation]));
    expect(nameOf(policy)).toBe('VALID');
    const overlay = new StateOverlay(consortium.state);
    const added = [{ key: facts.contract('rubies'), value: consortium.state.fact(facts.contract(consortium.contract)) }, { key: facts.epoch('rubies', 1n), value: consortium.state.fact(facts.epoch(consortium.contract, 1n)) }];
    overlay.apply({ txIds: [], code: ValidationCode.VALID, updates: { ...NO_UPDATES, facts: added } });
    expect(validationCodeName(judge(policy, overlay).code)).toBe('INVALID_OTHER_REASON');
  });

  it('refuses too few approvals', () => {
    expect(nameOf(policyBytes([revocation], 3))).toBe('ENDORSEMENT_POLICY_FAILURE');
  });

  it('refuses a change whose fact is no longer as it expects', () => {
    const policy = policyBytes([revocation]);
    consortium.state.setFact(revocation.key, Buffer.from('earlier'));
    expect(nameOf(policy)).toBe('MVCC_READ_CONFLICT');
  });

  it('refuses a second transaction with the same change, whoever approved it', () => {
    const change = createPolicyChange({ network: consortium.network, channel: consortium.channel, changes: [revocation], facts: consortium.state });
    const approvals = admins(5).map((signer) => approvePolicyChange(change, signer));
    consortium.state.setResult(judge(createPolicyTransaction(change, approvals.slice(0, 4))).txIds[0]!, ValidationCode.VALID);
    expect(nameOf(createPolicyTransaction(change, approvals.slice(1)))).toBe('DUPLICATE_TXID');
  });

  it('refuses a change for another network, and a value that is no policy', () => {
    expect(nameOf(policyBytes([revocation], 4, 'other'))).toBe('INVALID_OTHER_REASON');
    expect(nameOf(policyBytes([{ key: facts.contract('diamonds'), value: Uint8Array.of(1, 2, 3) }]))).toBe('INVALID_OTHER_REASON');
  });

  it('gives the profile that counts from the next transaction on', () => {
    const bytes = createProfile({ ...consortium.profile.message, version: 2n, viewQuorum: 4 });
    const signed = createSignedProfile(bytes, admins(4).map((signer) => signProfile(bytes, signer)));
    const verdict = judge(policyBytes([{ key: facts.profile, value: signed }]));
    expect(verdict.code).toBe(ValidationCode.VALID);
    expect(verdict.profile?.message.viewQuorum).toBe(4);
    const older = createSignedProfile(consortium.profile.bytes, admins(4).map((signer) => signProfile(consortium.profile.bytes, signer)));
    expect(nameOf(policyBytes([{ key: facts.profile, value: older }]))).toBe('INVALID_OTHER_REASON');
  });

  it('judges what follows under the revocation lists that it recorded, in the block and out of it', async () => {
    const recorded = await createTestRevocation(consortium, 'NorthMSP', [consortium.organisation('NorthMSP').peer.signer, consortium.organisation('NorthMSP').admin.signer]);
    consortium.restore();
    consortium.state.height = 5n;
    const transaction = createEndorsedTransaction({ consortium, targetData: createTargetData({ consortium, nodes: [await consortium.issueComputeNode()] }) });
    transaction.receipts = createReceipts(consortium, transaction).map((receipt) => create(ReceiptSchema, receipt));
    const endorsed = encodeTransaction(transaction);
    const before = new StateOverlay(consortium.state);
    expect(validationCodeName(validateTransaction(endorsed, before, consortium.profile).code)).toBe('VALID');
    // One administrator of the organisation itself.
    const change = createPolicyChange({ network: consortium.network, channel: consortium.channel, changes: [recorded], facts: consortium.state });
    const own = createPolicyTransaction(change, [approvePolicyChange(change, consortium.organisation('NorthMSP').admin.signer)]);
    const verdict = judge(own, before);
    expect(validationCodeName(verdict.code)).toBe('VALID');
    before.apply(verdict);
    const after = validateTransaction(endorsed, before, consortium.profile);
    expect(validationCodeName(after.code)).toBe('ENDORSEMENT_POLICY_FAILURE');
    expect(after.reason).toMatch(/IDENTITY_REVOKED.*NorthMSP/);
    const again = createPolicyChange({ network: consortium.network, channel: consortium.channel, changes: [await createTestRevocation(consortium, 'NorthMSP', [])], facts: before });
    expect(validationCodeName(judge(createPolicyTransaction(again, [approvePolicyChange(again, consortium.organisation('NorthMSP').admin.signer)]), before).code)).toBe('ENDORSEMENT_POLICY_FAILURE');
  });
});
