import { verifyNodeEvidence, verifyTeeCertificate, type TeeCertificate } from '@selvedge/attestation';
import { SelvedgeError } from '@selvedge/errors';
import { asksForEvidence, quorumRules, readBrokerRoot, verifyKeyAccess, verifyQuorums, verifyTeeStanding, type FactReader, type KeyAccessPolicies } from '@selvedge/policy';
import { teeSigningInput, type Attachments, type ContractPolicy, type NodeEvidence } from '@selvedge/protocol';
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

/** Throws TEE_CERTIFICATE_INVALID when a node signs with a key of another suite than the contract's. */
export function verifyCertificateSuites(certificates: readonly TeeCertificate[], policy: ContractPolicy): void {
  const foreign = certificates.find((certificate) => certificate.suite.name !== policy.suite);
  if (foreign !== undefined) throw new SelvedgeError('TEE_CERTIFICATE_INVALID', 'the certificate’s suite is not the contract’s');
}

/** Throws KEY_ACCESS_DENIED when a node signed that may not have the contract's keys. */
export function verifyKeyHolders(certificates: readonly TeeCertificate[], policies: KeyAccessPolicies): void {
  for (const { binding } of certificates) verifyKeyAccess(binding, policies);
}

/**
 * Holds certificates to the evidence behind them, where some rule counts types of TEE: then neither a broken vendor nor a broken key
 * broker alone makes up a quorum. Throws EVIDENCE_MALFORMED where it is not shown, TEE_CERTIFICATE_INVALID, and as verifyAndAppraise.
 */
export function verifyTeeTypes(certificates: readonly TeeCertificate[], shown: readonly NodeEvidence[], policies: Parameters<typeof asksForEvidence>[0], { profile, at, appraise }: Pick<EndorsementContext, 'profile' | 'at' | 'appraise'>): void {
  if (!asksForEvidence(policies)) return;
  for (const certificate of certificates) verifyNodeEvidence(certificate, shown, { profile, at, ...(appraise === undefined ? {} : { appraise }) });
}

/** Throws COMPUTE_QUORUM_NOT_MET unless enough distinct nodes signed, as the contract's policy and the profile's floors count. */
export function verifyComputeQuorum(certificates: readonly TeeCertificate[], policies: Parameters<typeof quorumRules>[1]): void {
  const signers = certificates.map(({ binding }) => binding);
  verifyQuorums(signers, quorumRules(signers, policies));
}
