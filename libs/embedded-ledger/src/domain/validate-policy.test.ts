import { beforeEach, describe, expect, it } from 'vitest';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { approvePolicyChange, createPolicyChange, createPolicyTransaction, createProfile, createSignedProfile, facts, policyTransactionId, signProfile, type FactUpdate } from '@selvedge/policy';
import { encodeMessage, TransactionSchema, ValidationCode } from '@selvedge/protocol';
import { validateTransaction } from './validate-transaction.js';
import { validationCodeName, type Verdict } from './verdict.js';

describe('validateTransaction, policy', () => {
  let consortium: TestConsortium;

  beforeEach(async () => {
    consortium = await createTestConsortium({ now: new Date('2021-01-01T00:00:00Z') });
  });

  const admins = (count: number) => [...consortium.organisations.values()].slice(0, count).map(({ admin }) => admin.signer);
  const policyBytes = (changes: readonly FactUpdate[], approvals = 4, network = consortium.network): Uint8Array => {
    const change = createPolicyChange({ network, channel: consortium.channel, changes, facts: consortium.state });
    return createPolicyTransaction(change, admins(approvals).map((signer) => approvePolicyChange(change, signer)));
  };
  const judge = (policy: Uint8Array): Verdict => validateTransaction(encodeMessage(TransactionSchema, { kind: { case: 'policy', value: policy } }), consortium.state, consortium.profile);
  const nameOf = (policy: Uint8Array): string => validationCodeName(judge(policy).code);
  const revocation = { key: facts.revokedNode('node-1'), value: Buffer.from('stolen') };

  it('finds a change with enough approvals valid', () => {
    const policy = policyBytes([revocation]);
    const verdict = judge(policy);
    expect(verdict).toMatchObject({ code: ValidationCode.VALID, profile: undefined, endorsed: undefined });
    expect(verdict.txIds).toEqual([policyTransactionId(policy)]);
    expect(verdict.updates.facts.map(({ key, value }) => [key, Buffer.from(value!).toString()])).toEqual([[revocation.key, 'stolen']]);
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
});
