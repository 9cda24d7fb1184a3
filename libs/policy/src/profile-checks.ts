import { X509Certificate } from 'node:crypto';
import { SUITE_NAMES, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { LIMITS, compareText, type MeasurementPolicy, type NetworkProfile, type Organisation } from '@selvedge/protocol';
import { MSP_ID, NETWORK_NAME, SHORT_TEXT, isStrictlyAscending, isUnique } from './names.js';

/** Roles that a TEE can have, as measurement policies name them. */
const TEE_ROLES: readonly string[] = ['compute', 'key-broker', 'viewer'];
const MAX_MEASUREMENT_POLICIES = 32;
const MAX_MEASUREMENTS = 64;
const MAX_ROOTS = 16;

/** PROFILE_INVALID with what is wrong. */
export function profileInvalid(what: string, cause?: unknown): SelvedgeError {
  return new SelvedgeError('PROFILE_INVALID', `network profile: ${what}`, { cause });
}

/** Checks everything but the organisations' certificates, which the registry checks. Throws PROFILE_INVALID. */
export function checkProfile(profile: NetworkProfile): void {
  if (!NETWORK_NAME.test(profile.network)) throw profileInvalid('network name');
  if (!NETWORK_NAME.test(profile.channel)) throw profileInvalid('channel name');
  if (profile.version < 1n) throw profileInvalid('version below 1');
  checkOrganisations(profile.organisations);
  const count = profile.organisations.length;
  if (profile.adminQuorum < 1 || profile.adminQuorum > count) throw profileInvalid(`admin_quorum: a number from 1 to ${String(count)} expected`);
  if (profile.viewQuorum < 1 || profile.viewQuorum > count) throw profileInvalid(`view_quorum: a number from 1 to ${String(count)} expected`);
  checkSuites(profile.allowedSuites);
  checkMeasurementPolicies(profile.measurements);
  checkSimulatedRoots(profile.simulatedRoots);
}

function checkOrganisations(organisations: readonly Organisation[]): void {
  const mspIds = organisations.map((organisation) => organisation.mspId);
  const wrong = mspIds.findIndex((mspId) => !MSP_ID.test(mspId));
  if (mspIds.length === 0) throw profileInvalid('no organisation');
  if (wrong >= 0) throw profileInvalid(`organisation ${String(wrong)}: not an MSP id`);
  if (!isStrictlyAscending(mspIds)) throw profileInvalid('organisations are not sorted by msp_id and unique');
}

function checkSuites(suites: readonly string[]): void {
  const known: readonly string[] = SUITE_NAMES;
  if (suites.length === 0) throw profileInvalid('no suite allowed');
  if (!isUnique(suites)) throw profileInvalid('a suite is listed twice');
  if (!suites.every((suite) => known.includes(suite))) throw profileInvalid(`unknown suite; known are ${SUITE_NAMES.join(', ')}`);
}

/** Order of measurement policies: role, TEE type. */
export function compareMeasurementPolicies(a: MeasurementPolicy, b: MeasurementPolicy): number {
  return compareText(a.role, b.role) || compareText(a.teeType, b.teeType);
}

function checkMeasurementPolicies(policies: readonly MeasurementPolicy[]): void {
  if (policies.length > MAX_MEASUREMENT_POLICIES) throw profileInvalid(`more than ${String(MAX_MEASUREMENT_POLICIES)} measurement policies`);
  for (const policy of policies) checkMeasurementPolicy(policy);
  const sorted = policies.every((policy, i) => i === 0 || compareMeasurementPolicies(policies[i - 1] as MeasurementPolicy, policy) < 0);
  if (!sorted) throw profileInvalid('measurement policies are not sorted by role and TEE type and unique');
}

function checkMeasurementPolicy({ role, teeType, measurements }: MeasurementPolicy): void {
  if (!TEE_ROLES.includes(role)) throw profileInvalid(`measurement policy: unknown role; known are ${TEE_ROLES.join(', ')}`);
  if (!SHORT_TEXT.test(teeType)) throw profileInvalid(`measurement policy of ${role}: TEE type`);
  if (measurements.length > MAX_MEASUREMENTS) throw profileInvalid(`measurement policy of ${role}: more than ${String(MAX_MEASUREMENTS)} measurements`);
  if (measurements.some(({ length }) => length < 32 || length > 64)) throw profileInvalid(`measurement policy of ${role}: a measurement has 32 to 64 bytes`);
  if (!isStrictlyAscending(measurements.map(toHex))) throw profileInvalid(`measurement policy of ${role}: measurements are not sorted and unique`);
}

function checkSimulatedRoots(roots: readonly Uint8Array[]): void {
  if (roots.length > MAX_ROOTS) throw profileInvalid(`more than ${String(MAX_ROOTS)} simulated roots`);
  if (!isUnique(roots.map(toHex))) throw profileInvalid('a simulated root is listed twice');
  roots.forEach((der, i) => {
    if (!isCertificate(der)) throw profileInvalid(`simulated root ${String(i)} is not a DER certificate`);
  });
}

/** Whether bytes are exactly one DER certificate of bounded size. */
export function isCertificate(der: Uint8Array): boolean {
  if (der.length > LIMITS.maxCertificateBytes) return false;
  try {
    return new X509Certificate(der).raw.length === der.length && der[0] === 0x30;
  } catch {
    return false;
  }
}
