import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { CHANNEL_EPOCH, isEpochUsable, type FactReader } from '@selvedge/policy';
import { KeyBundleSchema, LIMITS, parseMessage, type ContractKeys, type EnvelopeKey, type KeyRelease } from '@selvedge/protocol';
import { verifyBrokerRecognised } from '../broker-recognition.js';
import { verifyTeeCertificate, type TeeCertificate } from '../certificate/verify.js';
import { keyReleaseAad, keyReleaseInfo } from '../node-statement.js';
import type { AppraisalProfile } from '../types.js';
import { verifyContractKeys, verifyEnvelopeKeys } from './bundle.js';
import type { PendingKeyRequest } from './request.js';

export interface KeyReleaseInput {
  readonly release: KeyRelease;
  readonly pending: PendingKeyRequest;
  readonly profile: AppraisalProfile;
  /** A current, quorum-signed view. */
  readonly ledger: FactReader;
  readonly at: Date;
}

/** What an attested party holds after a release. Secret. */
export interface OpenedKeyRelease {
  readonly certificate: TeeCertificate;
  /** The broker's root, DER: the one on the ledger. */
  readonly issuer: Uint8Array;
  /** Of epochs that the ledger holds usable. */
  readonly envelopeKeys: readonly EnvelopeKey[];
  /** Of contracts and epochs that this ledger view lists. */
  readonly contracts: readonly ContractKeys[];
}

/**
 * Opens a key release and believes nothing in it that the ledger does not: the issuer is the recorded broker, the
 * certificate is this node's, every key matches its record.
 * Throws BROKER_NOT_RECOGNISED, TEE_CERTIFICATE_INVALID, TEE_CERTIFICATE_EXPIRED, DECRYPT_FAILED, BROKER_STATE_MISMATCH,
 * MALFORMED_MESSAGE.
 */
export function openKeyRelease({ release, pending, profile, ledger, at }: KeyReleaseInput): OpenedKeyRelease {
  verifyBrokerRecognised(ledger, release.issuer);
  const certificate = verifyTeeCertificate(release.certificate, release.issuer, at);
  verifyOwnCertificate(certificate, pending, profile);
  const status = isEpochUsable(ledger, CHANNEL_EPOCH, certificate.binding.epoch);
  if (status !== 'usable') throw new SelvedgeError('TEE_CERTIFICATE_EXPIRED', `the certificate’s epoch is ${status}`);
  const { network, channel } = profile.message;
  const { nonce, nodeId } = pending.request;
  const info = keyReleaseInfo({ nonce, nodeId, network, channel });
  const aad = keyReleaseAad(release.certificate, release.issuer);
  const opened = pending.suite.hpkeOpen(pending.ephemeral, release.enc, info, aad, release.ciphertext);
  const bundle = parseMessage(KeyBundleSchema, opened, LIMITS.maxMessageBytes);
  return {
    certificate,
    issuer: release.issuer,
    envelopeKeys: verifyEnvelopeKeys(bundle.envelopeKeys, ledger),
    contracts: verifyContractKeys(bundle.contracts, { ledger, rootCertificate: release.issuer, purposes: pending.request.role === 'viewer' ? 'some' : 'all' }),
  };
}

function verifyOwnCertificate(certificate: TeeCertificate, { request, operatorMspId }: PendingKeyRequest, profile: AppraisalProfile): void {
  const { binding } = certificate;
  const invalid = (what: string): SelvedgeError => new SelvedgeError('TEE_CERTIFICATE_INVALID', `the certificate is for another ${what}`);
  const certifiedKey = certificate.publicKey.export({ format: 'der', type: 'spki' });
  if (!equalBytes(certifiedKey, request.signingKey)) throw invalid('signing key');
  if (binding.network !== profile.message.network) throw invalid('network');
  if (binding.channel !== profile.message.channel) throw invalid('channel');
  if (binding.role !== request.role) throw invalid('role');
  if (binding.nodeId !== request.nodeId) throw invalid('node');
  if (binding.suite !== request.suite) throw invalid('suite');
  if (binding.operatorMspId !== operatorMspId) throw invalid('operator');
}
