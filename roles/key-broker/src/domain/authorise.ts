import { evidenceDigest, nodeStatementDigest, verifyAndAppraise, type AttestationResult, type NodeTeeRole } from '@selvedge/attestation';
import { equalBytes, suiteByName } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Identity } from '@selvedge/identity';
import { keyHolderOf, type KeyHolder, type Profile } from '@selvedge/policy';
import { LIMITS, requireAtMost, signing, type Evidence, type IdentitySignature, type KeyRequest } from '@selvedge/protocol';

/** Node ids: they stand in certificates, in facts of the ledger and in logs. */
const NODE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** A request whose sender is known: a node of the profile's measurements, run by one of its organisations. */
export interface AuthorisedRequest extends KeyHolder {
  readonly role: NodeTeeRole;
  readonly suite: string;
  readonly nonce: Uint8Array;
  readonly ephemeralKey: Uint8Array;
  /** SubjectPublicKeyInfo, DER. */
  readonly signingKey: Uint8Array;
  readonly attestation: AttestationResult;
  /** 32 bytes. */
  readonly evidenceDigest: Uint8Array;
}

/**
 * Everything about a key request that needs no ledger. The challenge has been used up before.
 * Throws MALFORMED_MESSAGE, LIMIT_EXCEEDED, PROFILE_MISMATCH, IDENTITY_*, SIGNATURE_INVALID, EVIDENCE_*,
 * APPRAISAL_REFUSED, SIMULATED_TEE_REFUSED, UNKNOWN_SUITE.
 */
export function authoriseRequest(request: KeyRequest, profile: Profile, at: Date): AuthorisedRequest {
  if (!NODE_ID.test(request.nodeId)) throw new SelvedgeError('MALFORMED_MESSAGE', 'node id: letters, digits, dots, dashes and underscores, at most 128');
  if (!equalBytes(request.profileDigest, profile.digest)) throw new SelvedgeError('PROFILE_MISMATCH', 'the node runs with another network profile');
  const role = parseRole(request.role);
  const operator = verifyOperator(request.operator, signing.operator(request.nonce, request.nodeId, request.signingKey, request.ephemeralKey), profile, at);
  const attestation = verifyNodeEvidence(request, role, operator.mspId, profile, at);
  if (!profile.message.allowedSuites.includes(request.suite)) throw new SelvedgeError('UNKNOWN_SUITE', 'the network profile does not allow this suite');
  verifySigningKey(request);
  const { nodeId, suite, nonce, ephemeralKey, signingKey } = request;
  return { ...keyHolderOf(operator, { role, nodeId }), role, suite, nonce, ephemeralKey, signingKey, attestation, evidenceDigest: evidenceDigest(attestedEvidence(request)) };
}

function parseRole(role: string): NodeTeeRole {
  if (role === 'compute' || role === 'viewer') return role;
  throw new SelvedgeError('MALFORMED_MESSAGE', 'role: compute or viewer expected');
}

/**
 * Who operates a TEE: a peer or administrator of an organisation signed this.
 * Throws IDENTITY_*, SIGNATURE_INVALID, LIMIT_EXCEEDED.
 */
export function verifyOperator(operator: IdentitySignature | undefined, signed: Uint8Array, profile: Profile, at: Date): Identity {
  if (operator === undefined) throw new SelvedgeError('IDENTITY_MALFORMED', 'the operator’s signature is missing');
  requireAtMost('operator identity', operator.identity.length, LIMITS.maxCreatorBytes);
  const identity = profile.msps.verifySignature(operator, signed, { at });
  if (identity.role !== 'peer' && identity.role !== 'admin') throw new SelvedgeError('IDENTITY_WRONG_ROLE', 'the operator must be a peer or an administrator');
  return identity;
}

function verifyNodeEvidence(request: KeyRequest, role: NodeTeeRole, operatorMspId: string, profile: Profile, at: Date): AttestationResult {
  const { nonce, ephemeralKey, signingKey, nodeId, suite } = request;
  const { network, channel } = profile.message;
  return verifyAndAppraise({
    evidence: attestedEvidence(request),
    binding: {
      role,
      nonce,
      ephemeralKey,
      signingKey,
      profileDigest: profile.digest,
      statementDigest: nodeStatementDigest({ network, channel, nodeId, suite, operatorMspId }),
    },
    profile,
    role,
    at,
  });
}

/** Throws EVIDENCE_MALFORMED when there is none. */
export function attestedEvidence({ evidence }: { readonly evidence?: Evidence | undefined }): Evidence {
  if (evidence === undefined) throw new SelvedgeError('EVIDENCE_MALFORMED', 'no evidence');
  return evidence;
}

function verifySigningKey({ suite, signingKey }: KeyRequest): void {
  const canonical = suiteByName(suite).importPublicKey(signingKey).export({ format: 'der', type: 'spki' });
  if (!equalBytes(canonical, signingKey)) throw new SelvedgeError('MALFORMED_MESSAGE', 'signing key: not in its canonical encoding');
}
