import { verifyTeeCertificate, type TeeCertificate } from '@selvedge/attestation';
import { SelvedgeError } from '@selvedge/errors';
import { readBrokerRoot, verifyTeeStanding, type FactReader } from '@selvedge/policy';
import { teeSigningInput, type Attachments } from '@selvedge/protocol';
import type { EndorsementContext } from './context.js';

/** Cores and what TEEs signed them with. */
export interface SignedCores {
  /** All of them, as they were signed. */
  readonly coreBytes: readonly Uint8Array[];
  readonly attachments: Pick<Attachments, 'teeSignatures'>;
}

/**
 * Every TEE signature of the target data, each by a compute node in good standing on the ledger. Returns their
 * certificates. Throws TEE_CERTIFICATE_INVALID, TEE_CERTIFICATE_EXPIRED, TEE_WRONG_ROLE, TEE_REVOKED or
 * TEE_SIGNATURE_INVALID.
 */
export function verifyTeeSignatures(targetData: SignedCores, facts: FactReader, context: Pick<EndorsementContext, 'profile' | 'at'>): readonly TeeCertificate[] {
  const { network, channel } = context.profile.message;
  const { rootCertificate } = readBrokerRoot(facts);
  const signed = teeSigningInput(targetData.coreBytes);
  return targetData.attachments.teeSignatures.map((tee) => {
    const certificate = verifyTeeCertificate(tee.certificate, rootCertificate);
    verifyWithinValidity(certificate, context.at);
    verifyTeeStanding(facts, certificate.binding, { network, channel, role: 'compute' });
    verifyTeeSignature(certificate, signed, tee.signature);
    return certificate;
  });
}

function verifyWithinValidity(certificate: TeeCertificate, at: Date): void {
  if (at < certificate.notBefore) throw new SelvedgeError('TEE_CERTIFICATE_EXPIRED', 'the certificate is not valid yet by this endorser’s clock');
  if (at > certificate.notAfter) throw new SelvedgeError('TEE_CERTIFICATE_EXPIRED', 'the certificate has ended by this endorser’s clock');
}

function verifyTeeSignature(certificate: TeeCertificate, signed: Uint8Array, signature: Uint8Array): void {
  if (!certificate.suite.isSignatureValid(certificate.publicKey, signed, signature)) {
    throw new SelvedgeError('TEE_SIGNATURE_INVALID', 'the TEE signature does not verify');
  }
}
