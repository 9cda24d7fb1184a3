import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { AppraisalPolicySchema, type AppraisalPolicy } from '@selvedge/protocol';
import { appraise, type AppraisalContext } from '../appraisal/appraise.js';
import type { Claims } from '../types.js';
import { verdictOf } from './verdict.js';

/** Claims of each type of TEE that a policy beside them admits; tests change one of either. */

export const AT = new Date('2026-11-20T12:00:00Z');
export const PLATFORM = new Uint8Array(32).fill(0xaa);
const COMMON = { platformId: PLATFORM, reportData: new Uint8Array(64), debug: false, migratable: false, tcb: undefined, fields: {} };
const TCB = { status: 'UpToDate', advisoryIds: [], date: '2024-03-13T00:00:00Z', evaluationDataNumber: 17 };
export const of = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);
const hexOf = (length: number, value: number): string => Buffer.from(of(length, value)).toString('hex');

export const SIMULATED: Claims = { ...COMMON, teeType: 'simulated', measurement: of(48, 0xc0) };
export const SGX: Claims = { ...COMMON, teeType: 'sgx', measurement: of(32, 1), tcb: TCB, fields: { mrEnclave: hexOf(32, 1), mrSigner: hexOf(32, 2), isvProdId: '7', isvSvn: '3' } };
export const TDX: Claims = {
  ...COMMON,
  teeType: 'tdx',
  measurement: of(48, 3),
  tcb: TCB,
  fields: { mrTd: hexOf(48, 4), rtMr0: hexOf(48, 5), rtMr1: hexOf(48, 6), rtMr2: hexOf(48, 7), rtMr3: hexOf(48, 8), mrConfigId: hexOf(48, 0), mrOwner: hexOf(48, 0), mrOwnerConfig: hexOf(48, 0) },
};
export const SNP: Claims = {
  ...COMMON,
  teeType: 'sev-snp',
  measurement: of(48, 9),
  fields: { product: 'Turin', vmpl: '0', guestSvn: '2', 'tcb.fmc': '1', 'tcb.bootloader': '4', 'tcb.tee': '2', 'tcb.snp': '22', 'tcb.microcode': '213' },
};

export type PolicyInit = Exclude<MessageInitShape<typeof AppraisalPolicySchema>, AppraisalPolicy>;
export const SGX_BY_SIGNER: PolicyInit = { role: 'compute', teeType: 'sgx', sgxSigners: [{ mrSigner: of(32, 2), isvProdId: 7, minIsvSvn: 3 }] };
export const TDX_BY_REGISTERS: PolicyInit = { role: 'compute', teeType: 'tdx', tdRegisters: [{ mrTd: of(48, 4), rtMr0: of(48, 5), rtMr1: of(48, 6), rtMr2: of(48, 7), rtMr3: of(48, 8) }] };
export const SNP_FLOOR = { product: 'Turin', fmc: 1, bootloader: 4, tee: 2, snp: 22, microcode: 213 };
export const SNP_POLICY: PolicyInit = { role: 'compute', teeType: 'sev-snp', measurements: [of(48, 9)], snp: { minimumTcb: [SNP_FLOOR], minGuestSvn: 2 } };

export const contextOf = (policy: PolicyInit, over: Partial<AppraisalContext> = {}): AppraisalContext => ({ policies: [create(AppraisalPolicySchema, policy)], allowSimulated: false, role: 'compute', at: AT, ...over });
export const appraised = (claims: Claims, policy: PolicyInit, over: Partial<AppraisalContext> = {}): string => verdictOf(() => appraise(claims, contextOf(policy, over)));
