import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createTestConsortium } from '@selvedge/fixtures';
import { profileToJson } from '@selvedge/policy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT_OK, EXIT_REFUSED, EXIT_USAGE, run } from '../run.js';

// Genuine evidence lies beside the project and is not part of it.
const VECTORS = resolve(import.meta.dirname, '../../../../../shared/vectors');
const isThere = existsSync(join(VECTORS, 'dcap/sgx_quote.bin'));
if (!isThere) process.stdout.write('skipped: "selvedge policy check" of genuine evidence, which is not at ../shared/vectors\n');
const vector = (file: string): string => join(VECTORS, file);

async function cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await run(args, { out: (text) => out.push(text), err: (text) => err.push(text) });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selvedge-policy-check-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function fileOf(text: string, name = 'appraisal.yaml'): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

const MR_ENCLAVE = '33d8736db756ed4997e04ba358d27833188f1932ff7b1d156904d3f560452fbb';
const SGX = `
appraisalPolicies:
  - role: compute
    teeType: sgx
    measurements: ['${MR_ENCLAVE}']
    expires: 2027-06-01T00:00:00Z
    tcb:
      statuses: [UpToDate, ConfigurationAndSWHardeningNeeded]
      advisories: [INTEL-SA-00289, INTEL-SA-00615]
      minimumEvaluationDataNumber: 17
`;

describe('selvedge policy check', () => {
  it('exits with 2 for a wrong command line', async () => {
    const file = await fileOf(SGX);
    for (const args of [[], [file, '--collateral', 'x'], [file, '--evidence', 'x'], [file, '--evidence', 'x', '--collateral', 'y', '--role', 'endorser'], [file, '--at', 'noon']]) expect((await cli('policy', 'check', ...args)).code).toBe(EXIT_USAGE);
  });

  it('says what a file admits, and what should be known of it', async () => {
    const { code, out } = await cli('policy', 'check', await fileOf(SGX), '--at', '2026-01-01T00:00:00Z');
    expect(code).toBe(EXIT_OK);
    expect(out).toMatch(/in order\n.*\ncompute +sgx +1 +any +none +2027-06-01T00:00:00.000Z\nwarning: compute on sgx: any machine/);
    const { out: json } = await cli('--json', 'policy', 'check', await fileOf(SGX), '--at', '2028-01-01T00:00:00Z');
    expect(JSON.parse(json)).toMatchObject({
      valid: true,
      appraisalPolicies: [{ role: 'compute', teeType: 'sgx', measurements: [MR_ENCLAVE], tcb: { minimumEvaluationDataNumber: 17 } }],
      warnings: [{ role: 'compute', teeType: 'sgx', warning: 'it has ended, and admits nothing' }, { warning: expect.stringContaining('any machine') as string }],
    });
  });

  it('shows the quorum of compute nodes', async () => {
    const quorum = (text: string, role = 'compute') => fileOf(SGX.replace('    tcb:', `    quorum: ${text}\n    tcb:`).replace('role: compute', `role: ${role}`));
    expect((await cli('policy', 'check', await quorum('{ count: 2, distinctBy: operator }'))).out).toMatch(/compute +sgx +1 +any +2 by operator +2027/);
    expect(JSON.parse((await cli('--json', 'policy', 'check', await quorum('{ count: 3 }'))).out)).toMatchObject({ appraisalPolicies: [{ quorum: { count: 3, distinctBy: 'platform' } }] });
    expect((await cli('policy', 'check', await quorum('{ count: 17 }'))).err).toMatch(/^PROFILE_INVALID.*compute on sgx: quorum: a number from 1 to 16 expected/);
    expect((await cli('policy', 'check', await quorum('{ count: 2, distinctBy: colour }'))).err).toMatch(/^PROFILE_INVALID.*quorum\.distinctBy: one of platform, operator, teeType expected/);
    expect((await cli('policy', 'check', await quorum('{ count: 2 }', 'viewer'))).err).toMatch(/^PROFILE_INVALID.*a quorum is for compute nodes/);
    expect((await cli('policy', 'check', await quorum('2'))).err).toMatch(/^PROFILE_INVALID.*quorum: an object expected/);
  });

  it('says who gets keys, and names the field of a rule that is wrong', async () => {
    const rules = `
keyAccess:
  - contract: diamonds
    rules: [{ role: viewer, operatorMspId: AuroraMSP, purposes: [events] }]
  - contract: '*'
    rules: [{ role: compute, operatorMspId: NorthMSP, nodeIds: [compute-1], operatorNames: [peer0] }]
`;
    const { code, out } = await cli('policy', 'check', await fileOf(SGX + rules));
    expect(code).toBe(EXIT_OK);
    expect(out).toMatch(/\* +compute node compute-1 of NorthMSP, operator name "peer0"\ndiamonds +viewer node any of AuroraMSP for events/);
    expect(out).toContain('warning: keys of *: no rule is for role viewer, so none gets any');
    expect(out).toContain('warning: keys of diamonds: no rule is for role compute, so none gets any');
    const { out: json } = await cli('--json', 'policy', 'check', await fileOf(rules));
    expect(JSON.parse(json)).toMatchObject({ valid: true, appraisalPolicies: [], keyAccess: [{ contract: '*', rules: [{ role: 'compute', nodeIds: ['compute-1'] }] }, { contract: 'diamonds' }] });
    expect((await cli('policy', 'check', await fileOf(rules.replace('nodeIds', 'nodes')))).err).toMatch(/^PROFILE_INVALID.*keyAccess\[1\]\.rules\[0\]: unknown field "nodes"/);
    expect((await cli('policy', 'check', await fileOf(rules.replace('role: compute', 'role: broker')))).err).toMatch(/^PROFILE_INVALID.*key_access of \*: rule 0: role: compute or viewer expected/);
    expect((await cli('policy', 'check', await fileOf(rules.replace('diamonds', "'*'")))).err).toMatch(/^PROFILE_INVALID.*not sorted by contract and unique/);
  });

  it('warns of everything that weakens a policy', async () => {
    const file = await fileOf(`
appraisalPolicies:
  - { role: compute, teeType: simulated, measurements: ['${'01'.repeat(48)}'] }
  - { role: compute, teeType: sgx, measurements: ['${MR_ENCLAVE}'], platforms: ['${'02'.repeat(32)}'], tcb: { statuses: [OutOfDate] } }
  - { role: compute, teeType: sev-snp, measurements: ['${'03'.repeat(48)}'], snp: { minimumTcb: [{ product: Milan, bootloader: 4, tee: 0, snp: 22, microcode: 213 }], vmpls: [1], allowMigration: true } }
`);
    const { out } = await cli('policy', 'check', file);
    for (const warning of ['simulated TEEs protect nothing', 'OutOfDate platforms', 'no least evaluation number', 'moved by a migration agent', 'less privileged levels', 'it has no end']) expect(out).toContain(warning);
  });

  it('names the field that is wrong, and refuses what is no YAML or too large', async () => {
    expect(await cli('policy', 'check', await fileOf(SGX.replace('statuses', 'status')))).toMatchObject({ code: EXIT_REFUSED, err: expect.stringMatching(/^PROFILE_INVALID.*appraisalPolicies\[0\]\.tcb: unknown field "status"/) as string });
    expect((await cli('policy', 'check', await fileOf(SGX.replace('UpToDate', 'Revoked')))).err).toMatch(/^PROFILE_INVALID.*a TCB status that cannot be admitted/);
    expect((await cli('policy', 'check', await fileOf(SGX.replace(`'${MR_ENCLAVE}'`, '1'.repeat(64))))).err).toMatch(/measurements\[0\]: hexadecimal text expected: put it in quotes/);
    expect((await cli('policy', 'check', await fileOf('a: [')))).toMatchObject({ code: EXIT_REFUSED, err: expect.stringMatching(/^PROFILE_INVALID.*neither YAML nor JSON/) as string });
    expect((await cli('policy', 'check', await fileOf(Buffer.from([0xff, 0xfe]).toString('latin1') + '\u0000'))).code).toBe(EXIT_REFUSED);
    expect((await cli('policy', 'check', await fileOf('#'.repeat(1024 * 1024 + 1)))).err).toMatch(/^LIMIT_EXCEEDED/);
    expect((await cli('policy', 'check', join(folder, 'nothing'))).err).toMatch(/^INVALID_CONFIGURATION.*cannot read/);
  });

  it('refuses aliases that grow', async () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]', ...Array.from({ length: 20 }, (_, i) => `b${String(i)}: &b${String(i)} [${Array.from({ length: 9 }, () => `*${i === 0 ? 'a' : `b${String(i - 1)}`}`).join(',')}]`), 'appraisalPolicies: *b19'].join('\n');
    expect((await cli('policy', 'check', await fileOf(bomb))).err).toMatch(/^PROFILE_INVALID/);
  });

  it('takes the policies of a profile, readable or signed', async () => {
    const consortium = await createTestConsortium({ profile: { appraisalPolicies: [{ role: 'compute', teeType: 'simulated', measurements: [new Uint8Array(48).fill(1)] }] } });
    const signed = join(folder, 'profile.bin');
    await writeFile(signed, consortium.signedProfile);
    for (const file of [signed, await fileOf(JSON.stringify(profileToJson(consortium.profile.bytes)), 'profile.json')]) expect((await cli('policy', 'check', file)).out).toMatch(/compute +simulated +1 +any +none +never/);
  });
});

describe.skipIf(!isThere)('selvedge policy check of genuine evidence', () => {
  const evidence = ['--evidence', vector('dcap/sgx_quote.bin'), '--collateral', vector('dcap/sgx_quote_collateral.json'), '--at', '2025-07-01T00:00:00Z'];

  it('admits it, and says what it saw', async () => {
    const { code, out, err } = await cli('policy', 'check', await fileOf(SGX), ...evidence);
    expect([code, err]).toEqual([EXIT_OK, '']);
    expect(out).toMatch(/TCB status +met +ConfigurationAndSWHardeningNeeded/);
    expect(out).toContain('admitted as compute, as of 2025-07-01T00:00:00.000Z');
  });

  it.each<[string, string, string, string]>([
    [MR_ENCLAVE, '00'.repeat(32), 'APPRAISAL_REFUSED', 'measurement of role compute on sgx'],
    ['role: compute', 'role: viewer', 'APPRAISAL_REFUSED', 'policy of role compute'],
    ['2027-06-01', '2025-06-01', 'APPRAISAL_POLICY_EXPIRED', 'end of the policy'],
    [', ConfigurationAndSWHardeningNeeded', '', 'TCB_STATUS_REFUSED', 'TCB status'],
    ['INTEL-SA-00289, ', '', 'TCB_ADVISORY_REFUSED', 'advisories'],
    ['Number: 17', 'Number: 18', 'TCB_BELOW_MINIMUM', 'evaluation number of the collateral'],
    ['    tcb:', `    platforms: ['${'05'.repeat(32)}']\n    tcb:`, 'TEE_PLATFORM_REFUSED', 'platform'],
  ])('refuses it with %s replaced by %s, by code and rule', async (find, replace, code, rule) => {
    const file = await fileOf(SGX.replace(find, replace));
    const text = await cli('policy', 'check', file, ...evidence);
    expect(text).toMatchObject({ code: EXIT_REFUSED, err: expect.stringMatching(new RegExp(`^${code}.*rule ${rule}: saw .*, expected `)) as string });
    const json = await cli('--json', 'policy', 'check', file, ...evidence);
    expect(JSON.parse(json.err)).toMatchObject({ error: { code } });
    const { admitted, findings } = JSON.parse(json.out) as { admitted: boolean; findings: { rule: string; isMet: boolean }[] };
    expect(admitted).toBe(false);
    expect(findings.filter(({ isMet }) => !isMet).map((finding) => finding.rule)).toEqual([rule]);
  });

  it('shows that the published SEV-SNP report is of a debuggable guest', async () => {
    const measurement = 'b07af9620f3b839b47996422ddec6058338951d984e312115131ea82705eaf5b6bdf8a9ece31a5a608eb0cf2e4872b01';
    const floor = '{ product: Milan, bootloader: 2, tee: 0, snp: 5, microcode: 68 }';
    const file = await fileOf(`appraisalPolicies: [{ role: compute, teeType: sev-snp, measurements: [${measurement}], snp: { minimumTcb: [${floor}] } }]`);
    const snp = ['--evidence', vector('sev-snp/attestation.bin'), '--collateral', vector('sev-snp/vcek.der'), vector('sev-snp/milan_ask_ark.pem'), '--at', '2023-01-01T00:00:00Z', '--no-revocation'];
    const { code, out, err } = await cli('policy', 'check', file, ...snp);
    expect(code).toBe(EXIT_REFUSED);
    expect(err).toMatch(/^TEE_DEBUGGABLE/);
    expect(out.split('\n').filter((line) => line.includes('NOT MET'))).toHaveLength(1);
    expect(out).toMatch(/VMPL +met +0/);
  });
});
