import { describe, expect, it } from 'vitest';
import { verifyAndAppraise } from './verify-and-appraise.js';
import { AT, createAttester, createBinding, createTestProfile } from '../testdata/setting.js';
import type { AppraisalProfile, ReportDataInput, TeeRole } from '../types.js';

const refusal = (code: string) => expect.objectContaining({ code }) as Error;
const profile = createTestProfile();

describe('verifyAndAppraise', () => {
  const run = async (over: { binding?: Partial<ReportDataInput>; profile?: AppraisalProfile; role?: TeeRole; teeType?: string } = {}) => {
    const binding = createBinding(over.binding);
    const evidence = await createAttester().createEvidence(binding);
    if (over.teeType !== undefined) evidence.teeType = over.teeType;
    return verifyAndAppraise({ evidence, binding, profile: over.profile ?? profile, role: over.role ?? 'compute', at: AT });
  };

  it('admits good evidence', async () => {
    await expect(run()).resolves.toMatchObject({ role: 'compute' });
  });

  it('refuses evidence of a type that no verifier knows', async () => {
    await expect(run({ teeType: 'sev-snp-next' })).rejects.toMatchObject({ code: 'APPRAISAL_REFUSED' });
  });

  it('refuses simulated evidence before it parses any of it', async () => {
    const strict = createTestProfile({ allowSimulated: false, simulatedRoots: [] });
    const evidence = await createAttester().createEvidence(createBinding());
    evidence.quote = new Uint8Array(3);
    expect(() => verifyAndAppraise({ evidence, binding: createBinding({ profileDigest: strict.digest }), profile: strict, role: 'compute', at: AT })).toThrow(refusal('SIMULATED_TEE_REFUSED'));
  });

  it('refuses evidence bound to another profile', async () => {
    await expect(run({ binding: { profileDigest: new Uint8Array(32).fill(7) } })).rejects.toMatchObject({ code: 'PROFILE_MISMATCH' });
  });

  it('refuses evidence bound to another role', async () => {
    await expect(run({ binding: { role: 'viewer' } })).rejects.toMatchObject({ code: 'EVIDENCE_UNBOUND' });
  });
});
