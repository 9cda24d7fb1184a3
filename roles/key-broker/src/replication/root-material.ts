import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { parseBrokerRoot, recordedEnvelopeKeys, verifyBrokerRecognised } from '@selvedge/attestation';
import { SelvedgeError } from '@selvedge/errors';
import { CHANNEL_EPOCH, type Profile } from '@selvedge/policy';
import { encodeMessage, parseMessage, ReplicatedRootSchema, requireLength } from '@selvedge/protocol';
import { listedEpochs, verifyRecordedEnvelopeKey } from '../domain/epochs.js';
import { createKeyRing } from '../domain/key-derivation.js';
import { verifyProfileCurrent, type LedgerFacts } from '../domain/release-decision.js';
import type { RootMaterial } from '../ports.js';

const ROOT_SECRET_BYTES = 32;
const MAX_ROOT_BYTES = 1024;

/** ReplicatedRoot bytes. Secret: they leave the TEE sealed to another broker's alone. */
export function encodeRoot({ rootSecret, rootKey }: Pick<RootMaterial, 'rootSecret' | 'rootKey'>): Uint8Array {
  return encodeMessage(ReplicatedRootSchema, { rootSecret, rootKey: rootKey.export({ format: 'der', type: 'pkcs8' }) });
}

/**
 * Parses ReplicatedRoot bytes and checks that the key is the certificate's.
 * Throws MALFORMED_MESSAGE, MESSAGE_TOO_LARGE, BROKER_STATE_MISMATCH, TEE_CERTIFICATE_INVALID. Nothing of the bytes is in the text.
 */
export function parseRoot(bytes: Uint8Array, rootCertificate: Uint8Array): RootMaterial {
  const { rootSecret, rootKey: der } = parseMessage(ReplicatedRootSchema, bytes, MAX_ROOT_BYTES);
  requireLength('root secret', rootSecret, ROOT_SECRET_BYTES);
  const rootKey = importRootKey(der);
  if (!createPublicKey(rootKey).equals(parseBrokerRoot(rootCertificate).publicKey)) {
    throw new SelvedgeError('BROKER_STATE_MISMATCH', 'the root key that came is not the one of its certificate');
  }
  return { rootSecret, rootKey, rootCertificate };
}

function importRootKey(der: Uint8Array): KeyObject {
  try {
    return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
  } catch {
    // The cause may quote the key.
    throw new SelvedgeError('MALFORMED_MESSAGE', 'root key: not PKCS #8');
  }
}

/**
 * Throws unless a root is the one that the organisations recorded, with the very envelope keys that the ledger lists:
 * PROFILE_MISMATCH, BROKER_NOT_RECOGNISED, BROKER_STATE_MISMATCH.
 */
export function verifyRootOnLedger(root: RootMaterial, ledger: LedgerFacts, profile: Profile): void {
  const { network, channel } = profile.message;
  verifyProfileCurrent(ledger, profile);
  verifyBrokerRecognised(ledger, root.rootCertificate);
  const records = listedEpochs(ledger, CHANNEL_EPOCH).flatMap((epoch) => recordedEnvelopeKeys(ledger, epoch));
  // The root secret is known by the envelope keys alone: without one, anything would pass.
  if (records.length === 0) throw new SelvedgeError('BROKER_NOT_RECOGNISED', 'the ledger lists no envelope key of the channel yet');
  const ring = createKeyRing({ rootSecret: root.rootSecret, network, channel });
  for (const { suite, epoch } of records) verifyRecordedEnvelopeKey(ledger, ring, suite, epoch);
}
