import { evidenceDigest, verifyAndAppraise, type AttestationResult } from '@selvedge/attestation';
import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import { requireLength, signing, type RootRequest } from '@selvedge/protocol';
import { attestedEvidence, verifyOperator } from '../domain/authorise.js';
import { NONCE_BYTES, rootRequestDigest } from './binding.js';

/** A replica that is known: a key broker of the profile's measurements, run by one of its organisations. */
export interface AuthorisedReplica {
  readonly operatorMspId: string;
  readonly nonce: Uint8Array;
  readonly ownNonce: Uint8Array;
  readonly ephemeralKey: Uint8Array;
  readonly attestation: AttestationResult;
  /** 32 bytes. */
  readonly evidenceDigest: Uint8Array;
}

/**
 * Everything about a request for the root that needs no ledger. The challenge has been used up before.
 * Throws MALFORMED_MESSAGE, LIMIT_EXCEEDED, PROFILE_MISMATCH, IDENTITY_*, SIGNATURE_INVALID, EVIDENCE_*,
 * APPRAISAL_REFUSED, SIMULATED_TEE_REFUSED.
 */
export function authoriseReplica(request: RootRequest, profile: Profile, at: Date): AuthorisedReplica {
  const { nonce, ownNonce, ephemeralKey } = request;
  requireLength('own nonce', ownNonce, NONCE_BYTES);
  if (!equalBytes(request.profileDigest, profile.digest)) throw new SelvedgeError('PROFILE_MISMATCH', 'the other replica runs with another network profile');
  const { mspId: operatorMspId } = verifyOperator(request.operator, signing.replicaOperator(nonce, ownNonce, ephemeralKey), profile, at);
  const { network, channel } = profile.message;
  const evidence = attestedEvidence(request);
  const statementDigest = rootRequestDigest({ network, channel, operatorMspId, ownNonce });
  const binding = { role: 'key-broker', nonce, ephemeralKey, signingKey: ephemeralKey, profileDigest: profile.digest, statementDigest } as const;
  const attestation = verifyAndAppraise({ evidence, binding, profile, role: 'key-broker', at });
  return { operatorMspId, nonce, ownNonce, ephemeralKey, attestation, evidenceDigest: evidenceDigest(evidence) };
}
