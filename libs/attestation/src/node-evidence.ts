import { create } from '@bufbuild/protobuf';
import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { LIMITS, NodeEvidenceSchema, requireAtMost, type KeyRequest, type NodeEvidence } from '@selvedge/protocol';
import { verifyAndAppraise, type AppraisalInput } from './appraisal/verify-and-appraise.js';
import { verifySameTee } from './certificate/same-tee.js';
import type { TeeCertificate } from './certificate/verify.js';
import { nodeStatementDigest } from './node-statement.js';
import { evidenceDigest } from './report-data.js';
import type { AppraisalProfile, AttestationResult } from './types.js';

/** What a node shows of the request by which it got its certificate. */
export function nodeEvidenceOf({ evidence, nonce, ephemeralKey }: Pick<KeyRequest, 'evidence' | 'nonce' | 'ephemeralKey'>): NodeEvidence {
  return create(NodeEvidenceSchema, { nonce, ephemeralKey, ...(evidence === undefined ? {} : { evidence }) });
}

/** Throws LIMIT_EXCEEDED for evidence of more nodes than can sign, or a piece of it that is too large. */
export function verifyNodeEvidenceLimits(shown: readonly NodeEvidence[]): void {
  requireAtMost('evidence of nodes', shown.length, LIMITS.maxIdentities);
  for (const { evidence, nonce, ephemeralKey } of shown) {
    const pieces = [nonce, ephemeralKey, ...(evidence === undefined ? [] : [evidence.quote, ...evidence.collateral])];
    requireAtMost('bytes of evidence', pieces.reduce((sum, { length }) => sum + length, 0), LIMITS.maxEvidenceBytes);
  }
}

/** Verifies and appraises evidence: verifyAndAppraise, or what remembers its answers. */
export type Appraise = (input: AppraisalInput) => AttestationResult;

/**
 * Appraises a compute node by its own evidence, and holds the certificate to that: the key broker may certify what it likes. Returns what
 * the evidence says. Throws EVIDENCE_MALFORMED where none of the evidence is this certificate's, TEE_CERTIFICATE_INVALID where the
 * certificate says something else than the evidence, and as verifyAndAppraise.
 */
export function verifyNodeEvidence(certificate: TeeCertificate, shown: readonly NodeEvidence[], { profile, at, appraise = verifyAndAppraise }: { readonly profile: AppraisalProfile; readonly at: Date; readonly appraise?: Appraise }): AttestationResult {
  const { binding, publicKey } = certificate;
  const own = shown.find(({ evidence }) => evidence !== undefined && equalBytes(evidenceDigest(evidence), binding.evidenceDigest));
  if (own?.evidence === undefined) throw new SelvedgeError('EVIDENCE_MALFORMED', `no evidence of compute node ${binding.nodeId}, whose type of TEE is to be counted`);
  const { network, channel } = profile.message;
  const { nodeId, suite, operatorMspId } = binding;
  const result = appraise({
    evidence: own.evidence,
    binding: {
      role: 'compute',
      nonce: own.nonce,
      ephemeralKey: own.ephemeralKey,
      signingKey: publicKey.export({ format: 'der', type: 'spki' }),
      profileDigest: profile.digest,
      statementDigest: nodeStatementDigest({ network, channel, nodeId, suite, operatorMspId }),
    },
    profile,
    role: 'compute',
    at,
  });
  verifySameTee(certificate, result);
  return result;
}

const MAX_REMEMBERED = 512;
const REMEMBERED_MS = 60_000;

/**
 * verifyAndAppraise that remembers what it admitted for a while: the same evidence comes with every transaction. Refusals are not
 * remembered. @param forMs how long, at most: evidence and collateral end by the clock
 */
export function createRememberingAppraise(forMs = REMEMBERED_MS, appraise: Appraise = verifyAndAppraise): Appraise {
  const admitted = new Map<string, { readonly until: number; readonly result: AttestationResult }>();
  return (input) => {
    const { evidence, binding, profile, role, at } = input;
    const parts = [evidenceDigest(evidence), binding.nonce, binding.ephemeralKey, binding.signingKey, binding.profileDigest, binding.statementDigest, profile.digest];
    const key = [role, binding.role, ...parts.map((part) => Buffer.from(part).toString('base64'))].join(' ');
    const known = admitted.get(key);
    const now = at.getTime();
    if (known !== undefined && now < known.until && now >= known.until - forMs) return known.result;
    const result = appraise(input);
    admitted.delete(key);
    if (admitted.size >= MAX_REMEMBERED) admitted.delete(admitted.keys().next().value ?? '');
    admitted.set(key, { until: now + forMs, result });
    return result;
  };
}
