import { create } from '@bufbuild/protobuf';
import { evidenceDigest, parseBrokerRoot, verifyAndAppraise, verifyBrokerRecognised, verifyTeeNotRevoked, type Attester } from '@selvedge/attestation';
import type { SealedBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import { LIMITS, requireAtMost, RootShareSchema, type RootShare } from '@selvedge/protocol';
import { attestedEvidence } from '../domain/authorise.js';
import { verifyProfileCurrent, type LedgerFacts } from '../domain/release-decision.js';
import type { RootMaterial } from '../ports.js';
import type { AuthorisedReplica } from './authorise.js';
import { REPLICATION_SUITE, rootShareDigest, rootShareInfo } from './binding.js';
import type { PendingRootRequest } from './request.js';
import { encodeRoot, parseRoot, verifyRootOnLedger } from './root-material.js';

/**
 * Whether a replica may have the root, by a fresh view of the ledger: a broker that is behind it, or that the ledger
 * does not record, hands nothing over, and a revoked TEE gets nothing.
 * Throws PROFILE_MISMATCH, BROKER_NOT_RECOGNISED, TEE_REVOKED.
 */
export function verifyMayShare(replica: AuthorisedReplica, ledger: LedgerFacts, own: { readonly profile: Profile; readonly rootCertificate: Uint8Array }): void {
  verifyProfileCurrent(ledger, own.profile);
  verifyBrokerRecognised(ledger, own.rootCertificate);
  verifyTeeNotRevoked(ledger, replica.attestation);
}

export interface RootShareInput {
  readonly replica: AuthorisedReplica;
  readonly root: RootMaterial;
  readonly profile: Profile;
  /** Of the broker that hands over, and its own ephemeral key. */
  readonly attester: Attester;
  readonly ephemeralKey: Uint8Array;
}

/** The root, sealed to a replica that was verified, with evidence of who sealed it. Throws MALFORMED_MESSAGE for a key that is none. */
export async function createRootShare({ replica, root, profile, attester, ephemeralKey }: RootShareInput): Promise<RootShare> {
  const { network, channel } = profile.message;
  const { nonce, ownNonce } = replica;
  const { rootCertificate } = root;
  const { enc, ciphertext } = seal(replica.ephemeralKey, rootShareInfo({ network, channel, nonce, ownNonce }), rootCertificate, encodeRoot(root));
  const evidence = await attester.createEvidence({
    role: 'key-broker',
    nonce: ownNonce,
    ephemeralKey,
    signingKey: rootKeyOf(rootCertificate),
    profileDigest: profile.digest,
    statementDigest: rootShareDigest({ network, channel, rootCertificate, enc, ciphertext }),
  });
  return create(RootShareSchema, { evidence, rootCertificate, ephemeralKey, enc, ciphertext });
}

/** What came from another replica: the root, and who sent it. */
export interface ReceivedRoot {
  readonly root: RootMaterial;
  /** Digest of the sender's evidence, 32 bytes. */
  readonly evidenceDigest: Uint8Array;
}

export interface OpenRootShareInput {
  readonly share: RootShare;
  readonly pending: PendingRootRequest;
  readonly profile: Profile;
  /** A fresh, quorum-signed view. */
  readonly ledger: LedgerFacts;
  readonly at: Date;
}

/**
 * Opens what another replica handed over, once that is a key broker's by the profile, not revoked, and bound to this
 * request; takes it only if it is the root on the ledger.
 * Throws EVIDENCE_*, APPRAISAL_REFUSED, SIMULATED_TEE_REFUSED, LIMIT_EXCEEDED, MALFORMED_MESSAGE, TEE_CERTIFICATE_INVALID, TEE_REVOKED,
 * DECRYPT_FAILED, and what verifyRootOnLedger throws.
 */
export function openRootShare({ share, pending, profile, ledger, at }: OpenRootShareInput): ReceivedRoot {
  const { rootCertificate, ephemeralKey, enc, ciphertext } = share;
  const { network, channel } = profile.message;
  const { nonce, ownNonce } = pending.request;
  requireAtMost('root certificate', rootCertificate.length, LIMITS.maxCertificateBytes);
  const evidence = attestedEvidence(share);
  const statementDigest = rootShareDigest({ network, channel, rootCertificate, enc, ciphertext });
  const binding = { role: 'key-broker', nonce: ownNonce, ephemeralKey, signingKey: rootKeyOf(rootCertificate), profileDigest: profile.digest, statementDigest } as const;
  const sender = verifyAndAppraise({ evidence, binding, profile, role: 'key-broker', at });
  verifyTeeNotRevoked(ledger, sender);
  const opened = REPLICATION_SUITE.hpkeOpen(pending.ephemeral, enc, rootShareInfo({ network, channel, nonce, ownNonce }), rootCertificate, ciphertext);
  const root = parseRoot(opened, rootCertificate);
  verifyRootOnLedger(root, ledger, profile);
  return { root, evidenceDigest: evidenceDigest(evidence) };
}

/** SubjectPublicKeyInfo, DER. Throws TEE_CERTIFICATE_INVALID. */
function rootKeyOf(rootCertificate: Uint8Array): Uint8Array {
  return parseBrokerRoot(rootCertificate).publicKey.export({ format: 'der', type: 'spki' });
}

function seal(publicKey: Uint8Array, info: Uint8Array, aad: Uint8Array, bytes: Uint8Array): SealedBytes {
  try {
    return REPLICATION_SUITE.hpkeSeal(publicKey, info, aad, bytes);
  } catch (cause) {
    throw new SelvedgeError('MALFORMED_MESSAGE', 'ephemeral key: not a key of the suite', { cause });
  }
}
