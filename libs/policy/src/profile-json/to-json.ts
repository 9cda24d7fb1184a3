import { toHex } from '@selvedge/crypto';
import { toPem } from '@selvedge/identity';
import type { NetworkProfile } from '@selvedge/protocol';
import { appraisalPolicyToJson } from '../appraisal-policy/to-json.js';
import { keyAccessToJson } from '../key-access/to-json.js';
import { parseProfile, type Profile } from '../profile.js';

/**
 * Readable form of NetworkProfile bytes: field names of the wire in camel case, certificates and lists as PEM,
 * appraisal policies as appraisalPolicyToJson writes them, key access as keyAccessToJson does, the version as decimal text, the sequencer as {mspId, certificatePem}. Throws PROFILE_INVALID.
 */
export function profileToJson(profile: Uint8Array): Record<string, unknown> {
  const parsed = parseProfile(profile);
  const { message } = parsed;
  return {
    network: message.network,
    channel: message.channel,
    version: String(message.version),
    adminQuorum: message.adminQuorum,
    viewQuorum: message.viewQuorum,
    allowedSuites: message.allowedSuites,
    allowSimulated: message.allowSimulated,
    appraisalPolicies: message.appraisalPolicies.map(appraisalPolicyToJson),
    simulatedRoots: message.simulatedRoots.map((der) => toPem(der, 'CERTIFICATE')),
    organisations: message.organisations.map(writeOrganisation),
    ...(message.sequencer.length === 0 ? {} : { sequencer: writeSequencer(parsed) }),
    ...(message.keyAccess.length === 0 ? {} : { keyAccess: message.keyAccess.map(keyAccessToJson) }),
  };
}

function writeOrganisation(organisation: NetworkProfile['organisations'][number]): Record<string, unknown> {
  return {
    mspId: organisation.mspId,
    rootCertificates: organisation.rootCertificates.map((der) => toPem(der, 'CERTIFICATE')),
    intermediateCertificates: organisation.intermediateCertificates.map((der) => toPem(der, 'CERTIFICATE')),
    revocationLists: organisation.revocationLists.map((der) => toPem(der, 'X509 CRL')),
    ...(organisation.unlockKey.length === 0 ? {} : { unlockKey: toHex(organisation.unlockKey) }),
  };
}

function writeSequencer({ message, msps }: Profile): Record<string, unknown> {
  const { mspId, certificatePem } = msps.verifyIdentity(message.sequencer);
  return { mspId, certificatePem };
}
