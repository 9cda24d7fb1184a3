import { create } from '@bufbuild/protobuf';
import { equalBytes, lengthPrefixed } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { readBrokerRoot, verifyTeeStanding, type FactReader } from '@selvedge/policy';
import { ReaderEvidenceSchema, statementDigest, type ReaderEvidence } from '@selvedge/protocol';
import { verifyAndAppraise } from './appraisal/verify-and-appraise.js';
import { verifySameTee } from './certificate/same-tee.js';
import { verifyTeeCertificate, type TeeCertificate } from './certificate/verify.js';
import type { AppraisalProfile, Attester } from './types.js';

/** Digest of a reader's statement to a business node: its certificate, and whom it proves itself to. 32 bytes. */
function readerStatementDigest(certificate: Uint8Array, recipient: string): Uint8Array {
  return statementDigest(lengthPrefixed(['selvedge/v1/reader statement', certificate, recipient]));
}

/** A compute node proves itself to a business node under the node's nonce. Throws MALFORMED_MESSAGE for a nonce of another length. */
export async function createReaderEvidence(
  attester: Attester,
  binding: { readonly nonce: Uint8Array; readonly ephemeralKey: Uint8Array; readonly signingKey: Uint8Array; readonly certificate: Uint8Array; readonly profileDigest: Uint8Array; readonly recipient: string },
): Promise<ReaderEvidence> {
  const { nonce, ephemeralKey, signingKey, certificate, profileDigest, recipient } = binding;
  const evidence = await attester.createEvidence({ role: 'compute', nonce, ephemeralKey, signingKey, profileDigest, statementDigest: readerStatementDigest(certificate, recipient) });
  return create(ReaderEvidenceSchema, { nonce, evidence, certificate, ephemeralKey, profileDigest, recipient });
}

export interface ReaderEvidenceInput {
  readonly answer: ReaderEvidence;
  /** The profile that the ledger holds now. */
  readonly profile: AppraisalProfile;
  readonly ledger: FactReader;
  /** The business node's organisation. */
  readonly mspId: string;
  readonly at: Date;
}

/** A compute node that plaintext may be sealed to. */
export interface AttestedReader {
  readonly certificate: TeeCertificate;
  readonly ephemeralKey: Uint8Array;
}

/**
 * What a business node checks before it sends plaintext, whose nonce it has used up already: the evidence verifies, is a compute node's by the
 * profile that stands, and binds the nonce, the profile, the key, this recipient and a certificate of the recorded broker, whose holder is
 * the same TEE and is not revoked.
 * Throws WRONG_RECIPIENT, PROFILE_MISMATCH, EVIDENCE_*, COLLATERAL_*, APPRAISAL_REFUSED, SIMULATED_TEE_REFUSED, TEE_*, MALFORMED_MESSAGE.
 */
export function verifyReaderEvidence({ answer, profile, ledger, mspId, at }: ReaderEvidenceInput): AttestedReader {
  const { evidence, ephemeralKey, nonce } = answer;
  if (answer.recipient !== mspId) throw new SelvedgeError('WRONG_RECIPIENT', `the evidence is for ${answer.recipient}, this is ${mspId}`);
  if (!equalBytes(answer.profileDigest, profile.digest)) throw new SelvedgeError('PROFILE_MISMATCH', 'the compute node runs with another network profile');
  if (evidence === undefined) throw new SelvedgeError('EVIDENCE_MALFORMED', 'no evidence');
  const certificate = verifyTeeCertificate(answer.certificate, readBrokerRoot(ledger).rootCertificate, at);
  const { network, channel } = profile.message;
  verifyTeeStanding(ledger, certificate.binding, { network, channel, role: 'compute' });
  const result = verifyAndAppraise({
    evidence,
    binding: {
      role: 'compute',
      nonce,
      ephemeralKey,
      signingKey: certificate.publicKey.export({ format: 'der', type: 'spki' }),
      profileDigest: profile.digest,
      statementDigest: readerStatementDigest(answer.certificate, mspId),
    },
    profile,
    role: 'compute',
    at,
  });
  verifySameTee(certificate, result);
  return { certificate, ephemeralKey };
}
