import { describe, expect, it } from 'vitest';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { AppraisalPolicySchema, DistinctBy, type AppraisalPolicy } from '@selvedge/protocol';
import { refusal } from '../testdata/refusal.js';
import { checkAppraisalPolicies } from './check.js';
import { policiesFromJson } from '../profile-json/policies-from-json.js';
import { appraisalPolicyToJson } from './to-json.js';

type Init = Exclude<MessageInitShape<typeof AppraisalPolicySchema>, AppraisalPolicy>;
const bytes = (length: number, value = 1): Uint8Array => new Uint8Array(length).fill(value);
const hex = (length: number, value = '01'): string => value.repeat(length);

const SGX: Init = { role: 'compute', teeType: 'sgx', measurements: [bytes(32)], sgxSigners: [{ mrSigner: bytes(32), isvProdId: 1, minIsvSvn: 2 }], dcapTcb: { statuses: ['UpToDate'] } };
const REGISTERS = { mrTd: bytes(48), rtMr0: bytes(48), rtMr1: bytes(48), rtMr2: bytes(48), rtMr3: bytes(48) };
const TDX: Init = { role: 'compute', teeType: 'tdx', tdRegisters: [REGISTERS] };
const MILAN = { product: 'Milan', bootloader: 4, snp: 22, microcode: 213 };
const SNP: Init = { role: 'compute', teeType: 'sev-snp', measurements: [bytes(48)], snp: { minimumTcb: [MILAN], vmpls: [0, 1] } };
/** Enums are open on the wire. */
const UNKNOWN = JSON.parse('9') as DistinctBy;
const SIMULATED: Init = { role: 'compute', teeType: 'simulated', measurements: [bytes(48)] };

const check = (...policies: Init[]): string => refusal(() => { checkAppraisalPolicies(policies.map((init) => create(AppraisalPolicySchema, init))); });

describe('checkAppraisalPolicies', () => {
  it('takes proper policies of every type of TEE', () => {
    expect(check(SNP, SGX, SIMULATED, TDX)).toBe('nothing was refused');
    expect(check({ ...SIMULATED, quorum: { count: 16, distinctBy: DistinctBy.TEE_TYPE } })).toBe('nothing was refused');
    expect(check({ ...SNP, snp: { minimumTcb: [MILAN], allowMigration: true } })).toBe('nothing was refused');
    expect(check({ ...SNP, snp: { minimumTcb: [{ ...MILAN, product: 'Turin', fmc: 1 }] }, platforms: [bytes(32)], expiresAt: 2_000_000_000n })).toBe('nothing was refused');
  });

  it.each<[string, Init[], RegExp]>([
    ['an unknown role', [{ ...SIMULATED, role: 'sequencer' }], /unknown role/],
    ['an unknown TEE type', [{ ...SIMULATED, teeType: 'nitro' }], /unknown TEE type/],
    ['no reference value', [{ ...SIMULATED, measurements: [] }], /no measurement is admitted/],
    ['too many measurements', [{ ...SIMULATED, measurements: Array.from({ length: 65 }, (_, i) => bytes(48, i)) }], /more than 64 measurements/],
    ['a measurement of another size', [{ ...SIMULATED, measurements: [bytes(32)] }], /a measurement has 48 bytes/],
    ['an MRENCLAVE of another size', [{ ...SGX, measurements: [bytes(48)] }], /a measurement has 32 bytes/],
    ['a measurement twice', [{ ...SIMULATED, measurements: [bytes(48), bytes(48)] }], /measurements are not sorted and unique/],
    ['signers for another TEE', [{ ...TDX, sgxSigners: SGX.sgxSigners ?? [] }], /signers of SGX enclaves/],
    ['a short MRSIGNER', [{ ...SGX, sgxSigners: [{ mrSigner: bytes(31) }] }], /MRSIGNER has 32 bytes/],
    ['an ISVSVN above 16 bits', [{ ...SGX, sgxSigners: [{ mrSigner: bytes(32), minIsvSvn: 65_536 }] }], /at most 65535/],
    ['a signer twice', [{ ...SGX, sgxSigners: [{ mrSigner: bytes(32) }, { mrSigner: bytes(32) }] }], /signers are not sorted and unique/],
    ['registers for another TEE', [{ ...SIMULATED, tdRegisters: [REGISTERS] }], /registers of TDs/],
    ['a register left out', [{ ...TDX, tdRegisters: [{ ...REGISTERS, rtMr3: bytes(0) }] }], /MRTD and each of the four RTMRs/],
    ['a short MROWNER', [{ ...TDX, tdRegisters: [{ ...REGISTERS, mrOwner: bytes(32) }] }], /MRCONFIGID, MROWNER/],
    ['registers twice', [{ ...TDX, tdRegisters: [REGISTERS, REGISTERS] }], /registers are not sorted and unique/],
    ['an end after the year 9999', [{ ...SIMULATED, expiresAt: 253_402_300_800n }], /its end is after/],
    ['a platform id of another size', [{ ...SIMULATED, platforms: [bytes(31)] }], /a platform id has 32 bytes/],
    ['a platform twice', [{ ...SIMULATED, platforms: [bytes(32), bytes(32)] }], /platforms are not sorted and unique/],
    ['too many platforms', [{ ...SIMULATED, platforms: Array.from({ length: 4097 }, (_, i) => Uint8Array.from([i >> 8, i & 0xff, ...bytes(30)])) }], /more than 4096 platforms/],
    ['Intel’s TCB for AMD', [{ ...SNP, dcapTcb: {} }], /Intel’s TCB for another TEE/],
    ['an unknown status', [{ ...SGX, dcapTcb: { statuses: ['Fine'] } }], /a TCB status that cannot be admitted/],
    ['the status Revoked', [{ ...SGX, dcapTcb: { statuses: ['Revoked'] } }], /a TCB status that cannot be admitted/],
    ['a status twice', [{ ...SGX, dcapTcb: { statuses: ['UpToDate', 'UpToDate'] } }], /TCB statuses are not sorted and unique/],
    ['an advisory that is no id', [{ ...SGX, dcapTcb: { advisories: ['INTEL SA'] } }], /an advisory’s id/],
    ['advisories out of order', [{ ...SGX, dcapTcb: { advisories: ['B', 'A'] } }], /advisories are not sorted and unique/],
    ['too many advisories', [{ ...SGX, dcapTcb: { advisories: Array.from({ length: 513 }, (_, i) => `A${String(i)}`) } }], /more than 512 advisories/],
    ['a TCB date after the year 9999', [{ ...SGX, dcapTcb: { minDate: 253_402_300_800n } }], /the TCB’s date/],
    ['SEV-SNP without a floor', [{ ...SNP, snp: { minimumTcb: [] } }], /the least TCB of one product/],
    ['SEV-SNP without its terms', [{ role: 'compute', teeType: 'sev-snp', measurements: [bytes(48)] }], /the snp terms belong to sev-snp/],
    ['SEV-SNP’s terms for another TEE', [{ ...SGX, snp: { minimumTcb: [MILAN] } }], /the snp terms belong to sev-snp/],
    ['an unknown product', [{ ...SNP, snp: { minimumTcb: [{ ...MILAN, product: 'Rome' }] } }], /unknown product/],
    ['a level above 8 bits', [{ ...SNP, snp: { minimumTcb: [{ ...MILAN, microcode: 256 }] } }], /level is at most 255/],
    ['an FMC on Milan', [{ ...SNP, snp: { minimumTcb: [{ ...MILAN, fmc: 1 }] } }], /only Turin/],
    ['a product twice', [{ ...SNP, snp: { minimumTcb: [MILAN, MILAN] } }], /products are not sorted and unique/],
    ['a VMPL above 3', [{ ...SNP, snp: { minimumTcb: [MILAN], vmpls: [4] } }], /a VMPL is at most 3/],
    ['VMPLs out of order', [{ ...SNP, snp: { minimumTcb: [MILAN], vmpls: [2, 1] } }], /VMPLs are not sorted and unique/],
    ['platforms with migration', [{ ...SNP, platforms: [bytes(32)], snp: { minimumTcb: [MILAN], allowMigration: true } }], /a guest that may be moved/],
    ['a quorum of none', [{ ...SIMULATED, quorum: { count: 0 } }], /quorum: a number from 1 to 16/],
    ['a quorum above 16', [{ ...SIMULATED, quorum: { count: 17 } }], /quorum: a number from 1 to 16/],
    ['an unknown way of counting', [{ ...SIMULATED, quorum: { count: 2, distinctBy: UNKNOWN } }], /quorum: distinct by one of platform, operator, teeType/],
    ['a quorum of another role', [{ ...SIMULATED, role: 'viewer', quorum: { count: 2 } }], /a quorum is for compute nodes/],
    ['policies out of order', [SIMULATED, SGX], /not sorted by role and TEE type/],
    ['a policy twice', [SGX, SGX], /not sorted by role and TEE type/],
    ['too many policies', Array.from({ length: 33 }, () => SGX), /more than 32 appraisal policies/],
  ])('refuses %s', (_, policies, reason) => {
    expect(check(...policies)).toMatch(/^PROFILE_INVALID: /);
    expect(check(...policies)).toMatch(reason);
  });
});

describe('the readable form of appraisal policies', () => {
  const whole = [
    { role: 'compute', teeType: 'sev-snp', measurements: [hex(48)], expires: '2027-06-01T00:00:00.000Z', snp: { minimumTcb: [{ product: 'Milan', bootloader: 4, tee: 0, snp: 22, microcode: 213 }, { product: 'Turin', fmc: 1, bootloader: 4, tee: 0, snp: 22, microcode: 213 }], vmpls: [0, 2], allowMigration: true, minimumGuestSvn: 3 }, quorum: { count: 2, distinctBy: 'operator' } },
    { role: 'compute', teeType: 'sgx', measurements: [hex(32), hex(32, '02')], signers: [{ mrSigner: hex(32), isvProdId: 1, minimumIsvSvn: 2 }, { mrSigner: hex(32), isvProdId: 10, minimumIsvSvn: 2 }], platforms: [hex(32), hex(32, 'ab')], tcb: { statuses: ['SWHardeningNeeded', 'UpToDate'], advisories: ['INTEL-SA-00289', 'INTEL-SA-00615'], minimumDate: '2024-03-13T00:00:00.000Z', minimumEvaluationDataNumber: 17 } },
    { role: 'key-broker', teeType: 'tdx', registers: [{ mrTd: hex(48), rtMr0: hex(48), rtMr1: hex(48), rtMr2: hex(48), rtMr3: hex(48), mrOwner: hex(48) }, { mrTd: hex(48, 'cc'), rtMr0: hex(48), rtMr1: hex(48), rtMr2: hex(48), rtMr3: hex(48) }] },
  ];

  it('gives the same again, and takes lists in any order and dates as YAML makes them', () => {
    expect(policiesFromJson({ appraisalPolicies: whole }).appraisalPolicies.map(appraisalPolicyToJson)).toEqual(whole);
    const turned = structuredClone(whole).reverse().map((policy) => ({
      ...policy,
      ...('measurements' in policy ? { measurements: [...(policy.measurements ?? [])].reverse() } : {}),
      ...(policy.signers === undefined ? {} : { signers: [...policy.signers].reverse() }),
      ...(policy.platforms === undefined ? {} : { platforms: [...policy.platforms].reverse() }),
      ...(policy.registers === undefined ? {} : { registers: [...policy.registers].reverse() }),
      ...(policy.tcb === undefined ? {} : { tcb: { ...policy.tcb, statuses: [...policy.tcb.statuses].reverse(), advisories: [...policy.tcb.advisories].reverse(), minimumDate: new Date('2024-03-13T00:00:00Z') } }),
      ...(policy.snp === undefined ? {} : { snp: { ...policy.snp, vmpls: [2, 0], minimumTcb: [...policy.snp.minimumTcb].reverse() } }),
    }));
    expect(policiesFromJson({ appraisalPolicies: turned }).appraisalPolicies.map(appraisalPolicyToJson)).toEqual(whole);
  });

  it.each<[string, unknown, string]>([
    ['a list', [], 'the whole'],
    ['another field', { appraisalPolicies: [], more: 1 }, 'the whole'],
    ['an unknown term', { appraisalPolicies: [{ role: 'compute', teeType: 'sgx', minimum: 1 }] }, 'appraisalPolicies[0]'],
    ['a date that is none', { appraisalPolicies: [{ ...whole[0], expires: '2027-13-01T00:00:00Z' }] }, 'appraisalPolicies[0].expires'],
    ['a date before 1970', { appraisalPolicies: [{ ...whole[0], expires: '1969-01-01T00:00:00Z' }] }, 'appraisalPolicies[0].expires'],
    ['a date without its offset', { appraisalPolicies: [{ ...whole[0], expires: '2027-01-01T00:00:00' }] }, 'appraisalPolicies[0].expires'],
    ['a status that is no text', { appraisalPolicies: [{ ...whole[1], tcb: { statuses: [1] } }] }, 'appraisalPolicies[0].tcb.statuses[0]'],
    ['a signer without its product', { appraisalPolicies: [{ ...whole[1], signers: [{ mrSigner: hex(32), minimumIsvSvn: 0 }] }] }, 'appraisalPolicies[0].signers[0].isvProdId'],
    ['a register left out', { appraisalPolicies: [{ ...whole[2], registers: [{ mrTd: hex(48) }] }] }, 'appraisalPolicies[0].registers[0].rtMr0'],
    ['a floor without a component', { appraisalPolicies: [{ ...whole[0], snp: { minimumTcb: [{ product: 'Milan' }] } }] }, 'appraisalPolicies[0].snp.minimumTcb[0].bootloader'],
    ['a VMPL that is no number', { appraisalPolicies: [{ ...whole[0], snp: { vmpls: ['zero'] } }] }, 'appraisalPolicies[0].snp.vmpls[0]'],
    ['migration that is no flag', { appraisalPolicies: [{ ...whole[0], snp: { allowMigration: 'no' } }] }, 'appraisalPolicies[0].snp.allowMigration'],
  ])('names the field that is wrong: %s', (_, json, path) => {
    expect(refusal(() => policiesFromJson(json))).toContain(`PROFILE_INVALID: network profile: ${path}: `);
  });

  it('checks what it read', () => {
    expect(refusal(() => policiesFromJson({ appraisalPolicies: [{ role: 'compute', teeType: 'sgx' }] }))).toMatch(/no measurement is admitted/);
  });
});
