import { create } from '@bufbuild/protobuf';
import { isSelvedgeError, SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { createTestContractPolicy } from '@selvedge/fixtures';
import type { LedgerView } from '@selvedge/ledger-view';
import { facts } from '@selvedge/policy';
import { ContractPolicySchema, ContractSectionSchema, CoreSchema, encodeMessage, type Core } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { explainRefusal } from './met-upgrade.js';

const cores: Core[] = [create(CoreSchema, { sections: [create(ContractSectionSchema, { contract: 'diamonds', policyVersion: 3n })] })];
const policyFact = (policyVersion: bigint): Uint8Array => encodeMessage(ContractPolicySchema, createTestContractPolicy({ policyVersion }));
const ledger = (policyVersion: bigint | undefined) => ({
  newestView: () => (policyVersion === undefined ? Promise.reject(new SelvedgeError('VIEW_QUORUM_UNREACHABLE', 'nobody')) : Promise.resolve({ fact: (key) => (key === facts.contract('diamonds') ? policyFact(policyVersion) : undefined) } as LedgerView)),
});
const codeAfter = async (code: RefusalCode, policyVersion: bigint | undefined): Promise<string> => {
  const explained = await explainRefusal(new SelvedgeError(code, 'refused', { role: 'ledger' }), cores, ledger(policyVersion));
  return isSelvedgeError(explained) ? explained.code : 'no refusal';
};

describe('explainRefusal', () => {
  it('names the upgrade where one came between execution and verdict, and keeps the refusal as cause', async () => {
    for (const code of ['ENDORSEMENT_POLICY_FAILURE', 'OWNER_SET_MISMATCH'] as const) expect(await codeAfter(code, 4n)).toBe('POLICY_VERSION_MISMATCH');
    const refusal = new SelvedgeError('ENDORSEMENT_POLICY_FAILURE', 'too few', { role: 'ledger', details: { txId: 'ab' } });
    expect(await explainRefusal(refusal, cores, ledger(4n))).toMatchObject({ code: 'POLICY_VERSION_MISMATCH', role: 'ledger', details: { txId: 'ab' }, cause: refusal, message: expect.stringContaining('policy version 3, and the ledger has 4 now') as string });
  });

  it('leaves a refusal as it is where the policy stands, where nobody can tell, and where it is of another kind', async () => {
    expect(await codeAfter('ENDORSEMENT_POLICY_FAILURE', 3n)).toBe('ENDORSEMENT_POLICY_FAILURE');
    expect(await codeAfter('ENDORSEMENT_POLICY_FAILURE', undefined)).toBe('ENDORSEMENT_POLICY_FAILURE');
    for (const code of ['TEE_REVOKED', 'DUPLICATE_TXID', 'COMMIT_UNKNOWN', 'CODE_HASH_MISMATCH', 'MVCC_READ_CONFLICT'] as const) expect(await codeAfter(code, 4n)).toBe(code);
    const other = new Error('other');
    expect(await explainRefusal(other, cores, ledger(4n))).toBe(other);
  });
});
