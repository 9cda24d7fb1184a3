import { SelvedgeError } from '@selvedge/errors';
import { asksForEvidence, quorumRules, readBrokerRoot, verifyKeyAccess, verifyQuorums, verifyTeeStanding, type FactReader, type KeyAccessPolicies, type Profile } from '@selvedge/policy';
import type { ContractPolicy, NodeEvidence, TeeSignature } from '@selvedge/protocol';
import { verifyTeeCertificate, type TeeCertificate } from './certificate/verify.js';
import { verifyNodeEvidence, type Appraise } from './node-evidence.js';

/** What TEE signatures are judged against: the ledger's facts, and a clock that may only make the judge refuse. */
export interface SignatureContext {
  readonly facts: FactReader;
  readonly profile: Pick<Profile, 'message'>;
  readonly at: Date;
}

/**
 * Whoever signed these bytes, each a compute node in good standing on the ledger. Throws TEE_CERTIFICATE_INVALID, TEE_CERTIFICATE_EXPIRED,
 * TEE_WRONG_ROLE, TEE_REVOKED or TEE_SIGNATURE_INVALID.
 */
export function verifyTeeSignatures(signatures: readonly Pick<TeeSignature, 'certificate' | 'signature'>[], signed: Uint8Array, { facts, profile, at }: SignatureContext): readonly TeeCertificate[] {
  const { network, channel } = profile.message;
  const { rootCertificate } = readBrokerRoot(facts);
  return signatures.map((tee) => {
    const certificate = verifyTeeCertificate(tee.certificate, rootCertificate);
    verifyWithinValidity(certificate, at);
    verifyTeeStanding(facts, certificate.binding, { network, channel, role: 'compute' });
    if (!certificate.suite.isSignatureValid(certificate.publicKey, signed, tee.signature)) throw new SelvedgeError('TEE_SIGNATURE_INVALID', 'the TEE signature does not verify');
    return certificate;
  });
}

function verifyWithinValidity(certificate: TeeCertificate, at: Date): void {
  if (at < certificate.notBefore) throw new SelvedgeError('TEE_CERTIFICATE_EXPIRED', 'the certificate is not valid yet by this clock');
  if (at > certificate.notAfter) throw new SelvedgeError('TEE_CERTIFICATE_EXPIRED', 'the certificate has ended by this clock');
}

/** What compute nodes that signed for a contract are judged by: what endorsers demand of a core, and nodes of what other nodes made. */
interface SignerPolicies {
  readonly profile: Profile['message'];
  readonly policy: ContractPolicy;
}

/** Throws TEE_CERTIFICATE_INVALID when a node signs with a key of another suite than the contract's. */
export function verifySignerSuites(certificates: readonly TeeCertificate[], policy: ContractPolicy): void {
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
export function verifyTeeTypes(certificates: readonly TeeCertificate[], shown: readonly NodeEvidence[], policies: SignerPolicies, { profile, at, appraise }: { readonly profile: Profile; readonly at: Date; readonly appraise?: Appraise | undefined }): void {
  if (!asksForEvidence(policies)) return;
  for (const certificate of certificates) verifyNodeEvidence(certificate, shown, { profile, at, ...(appraise === undefined ? {} : { appraise }) });
}

/** Throws COMPUTE_QUORUM_NOT_MET unless enough distinct nodes signed, as the contract's policy and the profile's floors count. */
export function verifyComputeQuorum(certificates: readonly TeeCertificate[], policies: SignerPolicies): void {
  const signers = certificates.map(({ binding }) => binding);
  verifyQuorums(signers, quorumRules(signers, policies));
}
