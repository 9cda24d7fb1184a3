import type { MessageInitShape } from '@bufbuild/protobuf';
import { serializeIdentity } from '@selvedge/identity';
import type { OrganisationSchema } from '@selvedge/protocol';
import { readAppraisalPolicy } from '../appraisal-policy/from-json.js';
import { readKeyAccessNamespace } from '../key-access/from-json.js';
import { createProfile } from '../profile.js';
import { JsonField } from './fields.js';

/**
 * NetworkProfile bytes from the readable form (see profileToJson); lists may come in any order.
 * Throws PROFILE_INVALID naming the field.
 */
export function profileFromJson(json: unknown): Uint8Array {
  const fields = new JsonField(json, '').object([
    'network', 'channel', 'version', 'organisations', 'adminQuorum', 'viewQuorum', 'appraisalPolicies', 'allowedSuites', 'allowSimulated', 'simulatedRoots', 'sequencer', 'keyAccess',
  ]);
  return createProfile({
    network: fields.network.text(),
    channel: fields.channel.text(),
    version: fields.version.version(),
    organisations: fields.organisations.list(readOrganisation),
    adminQuorum: fields.adminQuorum.count(),
    viewQuorum: fields.viewQuorum.count(),
    appraisalPolicies: fields.appraisalPolicies.list(readAppraisalPolicy),
    allowedSuites: fields.allowedSuites.list((suite) => suite.text()),
    allowSimulated: fields.allowSimulated.isAbsent ? false : fields.allowSimulated.flag(),
    simulatedRoots: fields.simulatedRoots.list((root) => root.pem('CERTIFICATE')),
    sequencer: fields.sequencer.isAbsent ? new Uint8Array(0) : readIdentity(fields.sequencer),
    keyAccess: fields.keyAccess.list(readKeyAccessNamespace),
  });
}

function readOrganisation(field: JsonField): MessageInitShape<typeof OrganisationSchema> {
  const { mspId, rootCertificates, intermediateCertificates, revocationLists, unlockKey } = field.object(['mspId', 'rootCertificates', 'intermediateCertificates', 'revocationLists', 'unlockKey']);
  return {
    mspId: mspId.text(),
    rootCertificates: rootCertificates.list((certificate) => certificate.pem('CERTIFICATE')),
    intermediateCertificates: intermediateCertificates.list((certificate) => certificate.pem('CERTIFICATE')),
    revocationLists: revocationLists.list((list) => list.pem('X509 CRL')),
    unlockKey: unlockKey.isAbsent ? new Uint8Array(0) : unlockKey.hex(),
  };
}

function readIdentity(field: JsonField): Uint8Array {
  const { mspId, certificatePem } = field.object(['mspId', 'certificatePem']);
  return serializeIdentity(mspId.text(), certificatePem.text());
}
