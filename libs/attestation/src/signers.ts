import { SelvedgeError } from '@selvedge/errors';
import { asksForEvidence, quorumRules, verifyKeyAccess, verifyQuorums, type KeyAccessPolicies, type Profile } from '@selvedge/policy';
import type { ContractPolicy, NodeEvidence } from '@selvedge/protocol';
import type { TeeCertificate } from './certificate/verify.js';
import { verifyNodeEvidence, type Appraise } from './node-evidence.js';

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
