import { toHex } from '@selvedge/crypto';
import type { AppraisalPolicy, ComputeQuorum, DcapTcbPolicy, SgxSigner, SnpMinimumTcb, SnpPolicy, TdRegisters } from '@selvedge/protocol';
import { DISTINCT_BY_NAMES } from '../compute-quorum.js';
import { profileInvalid } from '../profile-invalid.js';
import { isStrictlyAscending } from '../names.js';
import { compareAppraisalPolicies, orderOfSigner, orderOfTdRegisters } from './order.js';

/** Roles that a TEE can have, as appraisal policies name them. */
const TEE_ROLES: readonly string[] = ['compute', 'key-broker', 'viewer'];
/** Types of TEE that there are verifiers for, with the size of a measurement. */
const MEASUREMENT_BYTES: ReadonlyMap<string, number> = new Map([['sev-snp', 48], ['sgx', 32], ['simulated', 48], ['tdx', 48]]);
/** Intel's words (PCS API version 4, tcbStatus) that a policy may admit; "Revoked" never is. */
const DCAP_STATUSES: readonly string[] = ['UpToDate', 'SWHardeningNeeded', 'ConfigurationNeeded', 'ConfigurationAndSWHardeningNeeded', 'OutOfDate', 'OutOfDateConfigurationNeeded'];
const SNP_PRODUCTS: readonly string[] = ['Genoa', 'Milan', 'Turin'];
const ADVISORY_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const MAX_POLICIES = 32;
const MAX_REFERENCE_VALUES = 64;
const MAX_ADVISORIES = 512;
const MAX_PLATFORMS = 4096;
const PLATFORM_ID_BYTES = 32;
const REGISTER_BYTES = 48;
const MR_SIGNER_BYTES = 32;
const MAX_U16 = 0xffff;
const MAX_LEVEL = 0xff;
const MAX_VMPL = 3;
const MAX_QUORUM = 16;
/** 9999-12-31: what ISO 8601 writes with four digits. */
const MAX_SECONDS = 253_402_300_799n;

/** Checks appraisal policies by themselves. Throws PROFILE_INVALID. */
export function checkAppraisalPolicies(policies: readonly AppraisalPolicy[]): void {
  if (policies.length > MAX_POLICIES) throw profileInvalid(`more than ${String(MAX_POLICIES)} appraisal policies`);
  for (const policy of policies) checkPolicy(policy);
  const sorted = policies.every((policy, i) => i === 0 || compareAppraisalPolicies(policies[i - 1] as AppraisalPolicy, policy) < 0);
  if (!sorted) throw profileInvalid('appraisal policies are not sorted by role and TEE type and unique');
}

type Refuse = (what: string) => Error;

function checkPolicy(policy: AppraisalPolicy): void {
  const { role, teeType } = policy;
  if (!TEE_ROLES.includes(role)) throw profileInvalid(`appraisal policy: unknown role; known are ${TEE_ROLES.join(', ')}`);
  if (!MEASUREMENT_BYTES.has(teeType)) throw profileInvalid(`appraisal policy of ${role}: unknown TEE type; known are ${[...MEASUREMENT_BYTES.keys()].join(', ')}`);
  const refuse: Refuse = (what) => profileInvalid(`appraisal policy of ${role} on ${teeType}: ${what}`);
  checkReferenceValues(policy, refuse);
  if (policy.expiresAt > MAX_SECONDS) throw refuse('its end is after the year 9999');
  checkPlatforms(policy, refuse);
  if (policy.dcapTcb !== undefined) {
    if (teeType !== 'sgx' && teeType !== 'tdx') throw refuse('terms of Intel’s TCB for another TEE');
    checkDcapTcb(policy.dcapTcb, refuse);
  }
  // AMD says of no TCB that it is out of date: without a floor, every old firmware would do.
  if ((policy.snp !== undefined) !== (teeType === 'sev-snp')) throw refuse('the snp terms belong to sev-snp, and only there');
  if (policy.snp !== undefined) checkSnp(policy.snp, refuse);
  if (policy.quorum !== undefined) checkQuorum(policy.quorum, role, refuse);
}

function checkQuorum({ count, distinctBy }: ComputeQuorum, role: string, refuse: Refuse): void {
  if (role !== 'compute') throw refuse('a quorum is for compute nodes: nobody counts others');
  if (count < 1 || count > MAX_QUORUM) throw refuse(`quorum: a number from 1 to ${String(MAX_QUORUM)} expected`);
  if (!DISTINCT_BY_NAMES.has(distinctBy)) throw refuse(`quorum: distinct by one of ${[...DISTINCT_BY_NAMES.values()].join(', ')} expected`);
}

function checkReferenceValues({ teeType, measurements, sgxSigners, tdRegisters }: AppraisalPolicy, refuse: Refuse): void {
  const bytes = MEASUREMENT_BYTES.get(teeType);
  const count = measurements.length + sgxSigners.length + tdRegisters.length;
  if (count === 0) throw refuse('no measurement is admitted');
  if (count > MAX_REFERENCE_VALUES) throw refuse(`more than ${String(MAX_REFERENCE_VALUES)} measurements`);
  if (measurements.some(({ length }) => length !== bytes)) throw refuse(`a measurement has ${String(bytes)} bytes`);
  if (!isStrictlyAscending(measurements.map(toHex))) throw refuse('measurements are not sorted and unique');
  if (sgxSigners.length > 0 && teeType !== 'sgx') throw refuse('signers of SGX enclaves for another TEE');
  for (const signer of sgxSigners) checkSigner(signer, refuse);
  if (!isStrictlyAscending(sgxSigners.map(orderOfSigner))) throw refuse('signers are not sorted and unique');
  if (tdRegisters.length > 0 && teeType !== 'tdx') throw refuse('registers of TDs for another TEE');
  for (const registers of tdRegisters) checkRegisters(registers, refuse);
  if (!isStrictlyAscending(tdRegisters.map(orderOfTdRegisters))) throw refuse('registers are not sorted and unique');
}

function checkSigner({ mrSigner, isvProdId, minIsvSvn }: SgxSigner, refuse: Refuse): void {
  if (mrSigner.length !== MR_SIGNER_BYTES) throw refuse(`MRSIGNER has ${String(MR_SIGNER_BYTES)} bytes`);
  if (isvProdId > MAX_U16 || minIsvSvn > MAX_U16) throw refuse('ISVPRODID and ISVSVN are at most 65535');
}

function checkRegisters({ mrTd, rtMr0, rtMr1, rtMr2, rtMr3, mrConfigId, mrOwner, mrOwnerConfig }: TdRegisters, refuse: Refuse): void {
  if ([mrTd, rtMr0, rtMr1, rtMr2, rtMr3].some(({ length }) => length !== REGISTER_BYTES)) throw refuse(`MRTD and each of the four RTMRs has ${String(REGISTER_BYTES)} bytes`);
  if ([mrConfigId, mrOwner, mrOwnerConfig].some(({ length }) => length !== 0 && length !== REGISTER_BYTES)) throw refuse(`MRCONFIGID, MROWNER and MROWNERCONFIG have ${String(REGISTER_BYTES)} bytes, or are left out`);
}

function checkPlatforms({ platforms, snp }: AppraisalPolicy, refuse: Refuse): void {
  if (platforms.length > MAX_PLATFORMS) throw refuse(`more than ${String(MAX_PLATFORMS)} platforms`);
  if (platforms.some(({ length }) => length !== PLATFORM_ID_BYTES)) throw refuse(`a platform id has ${String(PLATFORM_ID_BYTES)} bytes`);
  if (!isStrictlyAscending(platforms.map(toHex))) throw refuse('platforms are not sorted and unique');
  if (platforms.length > 0 && snp?.allowMigration === true) throw refuse('a guest that may be moved is on no platform for sure: list platforms, or allow migration');
}

function checkDcapTcb({ statuses, advisories, minDate }: DcapTcbPolicy, refuse: Refuse): void {
  const unknown = statuses.find((status) => !DCAP_STATUSES.includes(status));
  if (unknown !== undefined) throw refuse(`a TCB status that cannot be admitted; known are ${DCAP_STATUSES.join(', ')}`);
  if (!isStrictlyAscending(statuses)) throw refuse('TCB statuses are not sorted and unique');
  if (advisories.length > MAX_ADVISORIES) throw refuse(`more than ${String(MAX_ADVISORIES)} advisories`);
  if (!advisories.every((id) => ADVISORY_ID.test(id))) throw refuse('an advisory’s id has letters, digits, dots, dashes and underscores');
  if (!isStrictlyAscending(advisories)) throw refuse('advisories are not sorted and unique');
  if (minDate > MAX_SECONDS) throw refuse('the TCB’s date is after the year 9999');
}

function checkSnp({ minimumTcb, vmpls }: SnpPolicy, refuse: Refuse): void {
  if (minimumTcb.length === 0) throw refuse('the least TCB of one product at least is required');
  for (const floor of minimumTcb) checkMinimumTcb(floor, refuse);
  if (!isStrictlyAscending(minimumTcb.map(({ product }) => product))) throw refuse('products are not sorted and unique');
  if (vmpls.some((vmpl) => vmpl > MAX_VMPL)) throw refuse(`a VMPL is at most ${String(MAX_VMPL)}`);
  if (!isStrictlyAscending(vmpls.map(String))) throw refuse('VMPLs are not sorted and unique');
}

function checkMinimumTcb({ product, fmc, bootloader, tee, snp, microcode }: SnpMinimumTcb, refuse: Refuse): void {
  if (!SNP_PRODUCTS.includes(product)) throw refuse(`unknown product; known are ${SNP_PRODUCTS.join(', ')}`);
  if ([fmc, bootloader, tee, snp, microcode].some((level) => level > MAX_LEVEL)) throw refuse(`a component’s level is at most ${String(MAX_LEVEL)}`);
  if (fmc > 0 && product !== 'Turin') throw refuse('only Turin has a level of the FMC');
}
