import { claimedTeeBinding, verifyComputeQuorum, verifyKeyHolders, verifySignerSuites, verifyTeeSignatures, verifyTeeTypes, type Appraise, type SignatureContext, type TeeCertificate } from '@selvedge/attestation';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import { signing, type ContractPolicy, type NodeEvidence, type SignedPart } from '@selvedge/protocol';

/**
 * Whoever signed a part, each a compute node in good standing on the ledger now. Throws TEE_CERTIFICATE_INVALID, TEE_WRONG_ROLE or
 * TEE_SIGNATURE_INVALID; PART_OUTDATED for one that was revoked, or whose certificate has ended: other nodes can make the part anew.
 */
export function verifyPartSignatures({ sealedPart, signatures }: Pick<SignedPart, 'sealedPart' | 'signatures'>, context: SignatureContext): readonly TeeCertificate[] {
  const signed = signing.part(sealedPart);
  return signatures.flatMap((signature) => {
    try {
      return verifyTeeSignatures([signature], signed, context);
    } catch (cause) {
      const hasEnded = isSelvedgeError(cause, 'TEE_REVOKED') || isSelvedgeError(cause, 'TEE_CERTIFICATE_EXPIRED');
      if (!hasEnded) throw cause;
      // Under its own code the client would take it for a refusal of the node that reduces.
      throw new SelvedgeError('PART_OUTDATED', `compute node ${claimedTeeBinding(signature.certificate)?.nodeId ?? ''}, which made a part, counts no more: ${cause.code}: ${cause.message}`, { cause });
    }
  });
}

/**
 * Whether who signed a part may have the contract's keys, and is enough, as for a core: by the contract's own quorum and the floors of the
 * profile. Where one of these counts types of TEE, nodes show their evidence. Throws TEE_CERTIFICATE_INVALID for a key of another suite,
 * KEY_ACCESS_DENIED, COMPUTE_QUORUM_NOT_MET, and as verifyNodeEvidence.
 */
export function verifyPartSigners(
  certificates: readonly TeeCertificate[],
  shown: readonly NodeEvidence[],
  { profile, policy, at, appraise }: { readonly profile: Profile; readonly policy: ContractPolicy; readonly at: Date; readonly appraise: Appraise },
): void {
  const policies = { profile: profile.message, policy };
  verifySignerSuites(certificates, policy);
  verifyKeyHolders(certificates, policies);
  verifyTeeTypes(certificates, shown, policies, { profile, at, appraise });
  verifyComputeQuorum(certificates, policies);
}
