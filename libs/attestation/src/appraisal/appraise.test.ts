import { describe, expect, it } from 'vitest';
import { isSelvedgeError } from '@selvedge/errors';
import { appraised, AT, contextOf, of, PLATFORM, SGX, SGX_BY_SIGNER, SIMULATED, SNP, SNP_FLOOR, SNP_POLICY, TDX, TDX_BY_REGISTERS, type PolicyInit } from '../testdata/claims.js';
import type { Claims } from '../types.js';
import { appraisalFindings, appraise } from './appraise.js';

const simulatedPolicy: PolicyInit = { role: 'compute', teeType: 'simulated', measurements: [of(48, 1), of(48, 0xc0)] };
const sgxPolicy: PolicyInit = { role: 'compute', teeType: 'sgx', measurements: [of(32, 1)] };
const withTcb = (claims: Claims, tcb: Partial<Exclude<Claims['tcb'], undefined>>): Claims => ({ ...claims, tcb: { status: 'UpToDate', advisoryIds: [], date: '2024-03-13T00:00:00Z', evaluationDataNumber: 17, ...tcb } });
const withFields = (claims: Claims, fields: Record<string, string>): Claims => ({ ...claims, fields: { ...claims.fields, ...fields } });
const withoutField = (claims: Claims, name: string): Claims => ({ ...claims, fields: Object.fromEntries(Object.entries(claims.fields).filter(([key]) => key !== name)) });

describe('appraise', () => {
  it('admits claims of every TEE type that their policy lists, for the policy’s role alone', () => {
    for (const [claims, policy] of [[SIMULATED, simulatedPolicy], [SGX, sgxPolicy], [SGX, SGX_BY_SIGNER], [TDX, TDX_BY_REGISTERS], [SNP, SNP_POLICY]] as const) {
      expect(appraise(claims, contextOf(policy, { allowSimulated: true }))).toEqual({ role: 'compute', teeType: claims.teeType, measurement: claims.measurement, platformId: PLATFORM });
      expect(appraised(claims, policy, { allowSimulated: true, role: 'key-broker' })).toBe('APPRAISAL_REFUSED');
      expect(appraised(claims, policy, { allowSimulated: true, policies: [] })).toBe('APPRAISAL_REFUSED');
    }
  });

  it('says which rule refused, what was seen and what was expected', () => {
    try {
      appraise({ ...SGX, measurement: of(32, 0xee) }, contextOf(sgxPolicy));
      expect.unreachable();
    } catch (error) {
      if (!isSelvedgeError(error)) throw error;
      expect(error.message).toMatch(/^rule measurement of role compute on sgx: saw (ee){32}, expected (01){32}$/);
      expect(error.details).toMatchObject({ rule: 'measurement of role compute on sgx', seen: 'ee'.repeat(32), expected: '01'.repeat(32) });
    }
  });

  it('refuses simulated TEEs unless they are allowed', () => {
    expect(appraised(SIMULATED, simulatedPolicy)).toBe('SIMULATED_TEE_REFUSED');
  });

  it('refuses what can be debugged, whatever a policy says', () => {
    for (const [claims, policy] of [[SIMULATED, simulatedPolicy], [SGX, sgxPolicy], [TDX, TDX_BY_REGISTERS], [SNP, SNP_POLICY]] as const) expect(appraised({ ...claims, debug: true }, policy, { allowSimulated: true })).toBe('TEE_DEBUGGABLE');
  });

  it('refuses what may be moved, unless the policy admits that', () => {
    expect(appraised({ ...SNP, migratable: true }, SNP_POLICY)).toBe('TEE_MIGRATABLE');
    expect(appraised({ ...SNP, migratable: true }, { ...SNP_POLICY, snp: { minimumTcb: [SNP_FLOOR], allowMigration: true } })).toBe('verified');
    expect(appraised({ ...SGX, migratable: true }, sgxPolicy)).toBe('TEE_MIGRATABLE');
  });

  it('refuses everything once the policy has ended', () => {
    const end = BigInt(AT.getTime() / 1000);
    expect(appraised(SGX, { ...sgxPolicy, expiresAt: end })).toBe('APPRAISAL_POLICY_EXPIRED');
    expect(appraised(SGX, { ...sgxPolicy, expiresAt: end + 1n })).toBe('verified');
  });

  it('refuses platforms that are not listed, where any are', () => {
    expect(appraised(SGX, { ...sgxPolicy, platforms: [of(32, 1)] })).toBe('TEE_PLATFORM_REFUSED');
    expect(appraised(SGX, { ...sgxPolicy, platforms: [of(32, 1), PLATFORM] })).toBe('verified');
  });

  it('judges no TEE by the policy of another type', () => {
    expect(appraised({ ...SIMULATED, teeType: 'tdx' }, simulatedPolicy, { allowSimulated: true })).toBe('APPRAISAL_REFUSED');
  });

  it('refuses other measurements', () => {
    expect(appraised({ ...SIMULATED, measurement: of(48, 2) }, simulatedPolicy, { allowSimulated: true })).toBe('APPRAISAL_REFUSED');
    expect(appraised({ ...SNP, measurement: of(48, 2) }, SNP_POLICY)).toBe('APPRAISAL_REFUSED');
  });
});

describe('appraisal of SGX enclaves by signer', () => {
  it.each<[string, Claims]>([
    ['another signer', withFields(SGX, { mrSigner: '03'.repeat(32) })],
    ['another product', withFields(SGX, { isvProdId: '8' })],
    ['a lower SVN', withFields(SGX, { isvSvn: '2' })],
    ['no SVN', withoutField(SGX, 'isvSvn')],
    ['an SVN that is no number', withFields(SGX, { isvSvn: 'NaN' })],
  ])('refuses %s', (_, claims) => {
    expect(appraised(claims, SGX_BY_SIGNER)).toBe('APPRAISAL_REFUSED');
  });

  it('admits a higher SVN, and says what it wanted', () => {
    expect(appraised(withFields(SGX, { isvSvn: '30' }), SGX_BY_SIGNER)).toBe('verified');
    expect(() => appraise(withFields(SGX, { isvSvn: '2' }), contextOf(SGX_BY_SIGNER))).toThrow(/ISVPRODID 7 and ISVSVN 2, expected signer (02){32} with ISVPRODID 7 and ISVSVN 3 at least/);
  });
});

describe('appraisal of trust domains by registers', () => {
  it.each(['mrTd', 'rtMr0', 'rtMr1', 'rtMr2', 'rtMr3', 'mrConfigId', 'mrOwner', 'mrOwnerConfig'])('refuses another %s, and names it', (name) => {
    const claims = withFields(TDX, { [name]: 'dd'.repeat(48) });
    expect(appraised(claims, TDX_BY_REGISTERS)).toBe('APPRAISAL_REFUSED');
    expect(() => appraise(claims, contextOf(TDX_BY_REGISTERS))).toThrow(new RegExp(`, ${name} (dd){48}, expected ${name} [0-9a-f]{96}$`));
  });

  it('admits either of two, and the digest over all', () => {
    const [registers] = TDX_BY_REGISTERS.tdRegisters as [Exclude<PolicyInit['tdRegisters'], undefined>[number]];
    const other = withFields(TDX, { mrOwner: 'dd'.repeat(48) });
    expect(appraised(other, { ...TDX_BY_REGISTERS, tdRegisters: [registers, { ...registers, mrOwner: of(48, 0xdd) }] })).toBe('verified');
    expect(appraised(other, { role: 'compute', teeType: 'tdx', measurements: [TDX.measurement] })).toBe('verified');
  });
});

describe('appraisal of Intel’s TCB', () => {
  it('admits UpToDate alone, and no advisory, where the policy says nothing', () => {
    expect(appraised(withTcb(SGX, { status: 'SWHardeningNeeded' }), sgxPolicy)).toBe('TCB_STATUS_REFUSED');
    expect(appraised(withTcb(SGX, { advisoryIds: ['INTEL-SA-00615'] }), sgxPolicy)).toBe('TCB_ADVISORY_REFUSED');
    expect(appraised({ ...SGX, tcb: undefined }, sgxPolicy)).toBe('TCB_STATUS_REFUSED');
  });

  it('admits the statuses and advisories that the policy lists, and no other', () => {
    const policy = { ...sgxPolicy, dcapTcb: { statuses: ['SWHardeningNeeded'], advisories: ['INTEL-SA-00615'] } };
    expect(appraised(withTcb(SGX, { status: 'SWHardeningNeeded', advisoryIds: ['INTEL-SA-00615'] }), policy)).toBe('verified');
    expect(appraised(withTcb(SGX, { status: 'SWHardeningNeeded', advisoryIds: ['INTEL-SA-00615', 'INTEL-SA-00289'] }), policy)).toBe('TCB_ADVISORY_REFUSED');
    expect(appraised(SGX, policy)).toBe('TCB_STATUS_REFUSED');
  });

  it('refuses an old level, and old collateral', () => {
    const since = (date: string): PolicyInit => ({ ...sgxPolicy, dcapTcb: { minDate: BigInt(Date.parse(date) / 1000) } });
    expect(appraised(SGX, since('2024-03-13T00:00:00Z'))).toBe('verified');
    expect(appraised(SGX, since('2024-03-13T00:00:01Z'))).toBe('TCB_BELOW_MINIMUM');
    expect(appraised(withTcb(SGX, { date: 'soon' }), since('2024-03-13T00:00:00Z'))).toBe('TCB_BELOW_MINIMUM');
    expect(appraised(SGX, { ...sgxPolicy, dcapTcb: { minEvaluationDataNumber: 17 } })).toBe('verified');
    expect(appraised(SGX, { ...sgxPolicy, dcapTcb: { minEvaluationDataNumber: 18 } })).toBe('TCB_BELOW_MINIMUM');
  });

  it('judges TDs by it too', () => {
    expect(appraised(withTcb(TDX, { status: 'OutOfDate' }), TDX_BY_REGISTERS)).toBe('TCB_STATUS_REFUSED');
  });
});

describe('appraisal of SEV-SNP', () => {
  it.each(['fmc', 'bootloader', 'tee', 'snp', 'microcode'])('refuses a lower level of %s, and none', (level) => {
    const below = String(SNP_FLOOR[level as 'fmc'] - 1);
    expect(appraised(withFields(SNP, { [`tcb.${level}`]: below }), SNP_POLICY)).toBe('TCB_BELOW_MINIMUM');
    expect(appraised(withoutField(SNP, `tcb.${level}`), SNP_POLICY)).toBe('TCB_BELOW_MINIMUM');
    expect(appraised(withFields(SNP, { [`tcb.${level}`]: '255' }), SNP_POLICY)).toBe('verified');
  });

  it('refuses a product without a floor, and guests below their SVN', () => {
    expect(appraised(withFields(SNP, { product: 'Milan' }), SNP_POLICY)).toBe('TCB_BELOW_MINIMUM');
    expect(appraised(SNP, { ...SNP_POLICY, snp: { minimumTcb: [] } })).toBe('TCB_BELOW_MINIMUM');
    expect(appraised(withFields(SNP, { guestSvn: '1' }), SNP_POLICY)).toBe('TCB_BELOW_MINIMUM');
  });

  it('admits VMPL 0 alone, or the levels that the policy lists', () => {
    expect(appraised(withFields(SNP, { vmpl: '1' }), SNP_POLICY)).toBe('TEE_VMPL_REFUSED');
    // The host asked for the report.
    expect(appraised(withFields(SNP, { vmpl: String(0xffffffff) }), SNP_POLICY)).toBe('TEE_VMPL_REFUSED');
    expect(appraised(withoutField(SNP, 'vmpl'), SNP_POLICY)).toBe('TEE_VMPL_REFUSED');
    const second = { ...SNP_POLICY, snp: { minimumTcb: [SNP_FLOOR], vmpls: [2] } };
    expect(appraised(withFields(SNP, { vmpl: '2' }), second)).toBe('verified');
    expect(appraised(SNP, second)).toBe('TEE_VMPL_REFUSED');
  });
});

describe('appraisalFindings', () => {
  it('lists every rule, also behind the first that is not met', () => {
    const findings = appraisalFindings({ ...withFields(SNP, { vmpl: '3', 'tcb.snp': '1' }), debug: true }, contextOf(SNP_POLICY));
    expect(findings.filter(({ isMet }) => !isMet).map(({ rule }) => rule)).toEqual(['debug', 'TCB of the platform', 'VMPL']);
    expect(findings.map(({ rule }) => rule)).toEqual(['simulated TEE', 'debug', 'migration', 'end of the policy', 'measurement of role compute on sev-snp', 'platform', 'TCB of the platform', 'VMPL', 'guest SVN']);
    expect(findings.every(({ seen, expected }) => seen !== '' && expected !== '')).toBe(true);
  });
});
