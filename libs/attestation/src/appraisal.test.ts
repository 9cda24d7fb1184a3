import { describe, expect, it } from 'vitest';
import { appraise, verifyAndAppraise } from './appraisal.js';
import { AT, BROKER_MEASUREMENT, COMPUTE_MEASUREMENT, createAttester, createBinding, createTestProfile } from './testdata/setting.js';
import type { AppraisalProfile, Claims, ReportDataInput, TeeRole } from './types.js';

const refusal = (code: string) => expect.objectContaining({ code }) as Error;
const claims: Claims = { teeType: 'simulated', measurement: COMPUTE_MEASUREMENT, platformId: new Uint8Array(32), reportData: new Uint8Array(64), debug: false, migratable: false, tcb: undefined, fields: {} };
const profile = createTestProfile();

describe('appraise', () => {
  it('admits a listed measurement for its role', () => {
    expect(appraise(claims, profile.message, 'compute')).toMatchObject({ role: 'compute', teeType: 'simulated' });
  });

  it('refuses a measurement that is listed for another role, and says what it saw and expected', () => {
    expect(() => appraise(claims, profile.message, 'key-broker')).toThrow(refusal('APPRAISAL_REFUSED'));
    expect(() => appraise(claims, profile.message, 'key-broker')).toThrow(/saw c0c0.*expected b0b0/);
    expect(() => appraise({ ...claims, measurement: BROKER_MEASUREMENT }, profile.message, 'compute')).toThrow(refusal('APPRAISAL_REFUSED'));
  });

  it('refuses a measurement that is listed for another TEE type', () => {
    expect(() => appraise({ ...claims, teeType: 'sgx' }, profile.message, 'compute')).toThrow(refusal('APPRAISAL_REFUSED'));
  });

  it('refuses a role without reference values', () => {
    expect(() => appraise(claims, profile.message, 'viewer')).toThrow(/none is listed/);
  });

  it('refuses a debuggable TEE', () => {
    expect(() => appraise({ ...claims, debug: true }, profile.message, 'compute')).toThrow(refusal('TEE_DEBUGGABLE'));
  });

  it('refuses a TEE that may be moved to another platform', () => {
    expect(() => appraise({ ...claims, migratable: true }, profile.message, 'compute')).toThrow(refusal('TEE_MIGRATABLE'));
  });

  it('refuses a simulated TEE unless the profile allows it', () => {
    const strict = createTestProfile({ allowSimulated: false });
    expect(() => appraise(claims, strict.message, 'compute')).toThrow(refusal('SIMULATED_TEE_REFUSED'));
  });
});

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
