import { create } from '@bufbuild/protobuf';
import { equalBytes, lengthPrefixed } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { readBrokerRoot, verifyTeeStanding, type FactReader } from '@selvedge/policy';
import { statementDigest, ViewerEvidenceSchema, type ViewerEvidence } from '@selvedge/protocol';
import { verifyAndAppraise } from './appraisal/verify-and-appraise.js';
import { verifySameTee } from './certificate/same-tee.js';
import { verifyTeeCertificate, type TeeCertificate } from './certificate/verify.js';
import type { AppraisalProfile, Attester } from './types.js';

/** Digest of a viewer's statement to its readers: its certificate, on which node and organisation stand. 32 bytes. */
function viewerStatementDigest(certificate: Uint8Array): Uint8Array {
  return statementDigest(lengthPrefixed(['selvedge/v1/viewer statement', certificate]));
}

/** A viewer proves itself to a reader under the reader's nonce. Throws MALFORMED_MESSAGE for a nonce of another length. */
export async function createViewerEvidence(attester: Attester, binding: { readonly nonce: Uint8Array; readonly ephemeralKey: Uint8Array; readonly signingKey: Uint8Array; readonly certificate: Uint8Array; readonly profileDigest: Uint8Array }): Promise<ViewerEvidence> {
  const { nonce, ephemeralKey, signingKey, certificate, profileDigest } = binding;
  const evidence = await attester.createEvidence({ role: 'viewer', nonce, ephemeralKey, signingKey, profileDigest, statementDigest: viewerStatementDigest(certificate) });
  return create(ViewerEvidenceSchema, { evidence, certificate, ephemeralKey, profileDigest });
}

export interface ViewerEvidenceInput {
  readonly answer: ViewerEvidence;
  /** 32 bytes: the reader's own, fresh. */
  readonly nonce: Uint8Array;
  readonly profile: AppraisalProfile;
  /** A current, quorum-signed view. */
  readonly ledger: FactReader;
  /** The reader's organisation. */
  readonly mspId: string;
  readonly at: Date;
}

/** A viewer that a reader may send a question to. */
export interface AttestedViewer {
  readonly certificate: TeeCertificate;
  /** Questions are sealed to it. */
  readonly ephemeralKey: Uint8Array;
}

/**
 * What a reader checks before it says which key it wants to see: the evidence verifies, is a viewer's by the profile, and
 * binds the nonce, the profile, the key and a certificate of the recorded broker, whose holder is not revoked and is of
 * the reader's own organisation.
 * Throws PROFILE_MISMATCH, EVIDENCE_*, APPRAISAL_REFUSED, SIMULATED_TEE_REFUSED, TEE_*, READER_FOREIGN, MALFORMED_MESSAGE.
 */
export function verifyViewerEvidence({ answer, nonce, profile, ledger, mspId, at }: ViewerEvidenceInput): AttestedViewer {
  const { evidence, ephemeralKey } = answer;
  if (!equalBytes(answer.profileDigest, profile.digest)) throw new SelvedgeError('PROFILE_MISMATCH', 'the viewer runs with another network profile');
  if (evidence === undefined) throw new SelvedgeError('EVIDENCE_MALFORMED', 'no evidence');
  const certificate = verifyTeeCertificate(answer.certificate, readBrokerRoot(ledger).rootCertificate, at);
  const result = verifyAndAppraise({
    evidence,
    binding: {
      role: 'viewer',
      nonce,
      ephemeralKey,
      signingKey: certificate.publicKey.export({ format: 'der', type: 'spki' }),
      profileDigest: profile.digest,
      statementDigest: viewerStatementDigest(answer.certificate),
    },
    profile,
    role: 'viewer',
    at,
  });
  verifySameTee(certificate, result);
  const { network, channel } = profile.message;
  verifyTeeStanding(ledger, certificate.binding, { network, channel, role: 'viewer' });
  const { operatorMspId } = certificate.binding;
  if (operatorMspId !== mspId) throw new SelvedgeError('READER_FOREIGN', `this is the viewer of ${operatorMspId}, the reader is of ${mspId}`);
  return { certificate, ephemeralKey };
}
