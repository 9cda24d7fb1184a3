import { X509Certificate } from 'node:crypto';
import { SUITE_NAMES, suiteByName, toHex } from '@selvedge/crypto';
import { LIMITS, type NetworkProfile, type Organisation } from '@selvedge/protocol';
import { checkAppraisalPolicies } from './appraisal-policy/check.js';
import { checkKeyAccessNamespaces } from './key-access/check.js';
import { MSP_ID, NETWORK_NAME, isStrictlyAscending, isUnique } from './names.js';
import { profileInvalid } from './profile-invalid.js';

const MAX_ROOTS = 16;
/** Suite of the organisations' unlock keys: the key broker's store is of no network suite. */
export const UNLOCK_SUITE = suiteByName('P256-AES256GCM-SHA256');

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
  checkAppraisalPolicies(profile.appraisalPolicies);
  checkUnlockQuorum(profile);
  checkSimulatedRoots(profile.simulatedRoots);
  checkKeyAccess(profile);
}

function checkOrganisations(organisations: readonly Organisation[]): void {
  const mspIds = organisations.map((organisation) => organisation.mspId);
  const wrong = mspIds.findIndex((mspId) => !MSP_ID.test(mspId));
  if (mspIds.length === 0) throw profileInvalid('no organisation');
  if (wrong >= 0) throw profileInvalid(`organisation ${String(wrong)}: not an MSP id`);
  if (!isStrictlyAscending(mspIds)) throw profileInvalid('organisations are not sorted by msp_id and unique');
  for (const { mspId, unlockKey } of organisations) checkUnlockKey(mspId, unlockKey);
  const unlockKeys = organisations.filter(({ unlockKey }) => unlockKey.length > 0).map(({ unlockKey }) => toHex(unlockKey));
  // One holder of two shares would be two of the k.
  if (!isUnique(unlockKeys)) throw profileInvalid('two organisations have one unlock key');
}

/** A point on the curve (SEC 1, section 2.3.3), or nothing: no share can be sealed to another, and no broker start with its profile. */
function checkUnlockKey(mspId: string, unlockKey: Uint8Array): void {
  if (unlockKey.length > 0 && !UNLOCK_SUITE.isKemPublicKey(unlockKey)) throw profileInvalid(`unlock key of ${mspId}: an uncompressed point on P-256 expected`);
}

/** Where a key broker is admitted, its store needs a holder for each of the k shares that open it: with fewer, none could be locked. */
function checkUnlockQuorum({ appraisalPolicies, organisations, adminQuorum }: NetworkProfile): void {
  if (!appraisalPolicies.some(({ role }) => role === 'key-broker')) return;
  const holders = organisations.filter(({ unlockKey }) => unlockKey.length > 0).length;
  if (holders < adminQuorum) throw profileInvalid(`unlock keys of ${String(holders)} organisations, but admin_quorum asks shares of ${String(adminQuorum)} to unlock the key broker`);
}

function checkSuites(suites: readonly string[]): void {
  const known: readonly string[] = SUITE_NAMES;
  if (suites.length === 0) throw profileInvalid('no suite allowed');
  if (!isUnique(suites)) throw profileInvalid('a suite is listed twice');
  if (!suites.every((suite) => known.includes(suite))) throw profileInvalid(`unknown suite; known are ${SUITE_NAMES.join(', ')}`);
}

function checkKeyAccess({ keyAccess, organisations }: NetworkProfile): void {
  checkKeyAccessNamespaces(keyAccess, profileInvalid);
  const known = new Set(organisations.map(({ mspId }) => mspId));
  for (const { contract, rules } of keyAccess) {
    const unknown = rules.find(({ operatorMspId }) => !known.has(operatorMspId));
    if (unknown !== undefined) throw profileInvalid(`key_access of ${contract}: ${unknown.operatorMspId} is none of the organisations`);
  }
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
