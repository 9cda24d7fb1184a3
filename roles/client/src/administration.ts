import { randomBytes } from 'node:crypto';
import { recordedBrokerRoot, verifyEnvelopeEvidence, verifyKeyCommitments } from '@selvedge/attestation';
import { SelvedgeError } from '@selvedge/errors';
import { FIRST_KEY_EPOCH, type FactReader, type Profile } from '@selvedge/policy';
import { BrokerRootSchema, encodeMessage, KeyBroker, SignedKeyCommitmentsSchema } from '@selvedge/protocol';
import { connectRpc } from '@selvedge/rpc';
import { createGrpcNetwork } from './adapters/grpc-network.js';
import { loadTls } from './adapters/tls-files.js';
import type { ConnectionProfile } from './domain/connection-profile.js';

const NONCE_BYTES = 32;
const TIMEOUT_MS = 10_000;

/**
 * What administrators check before they record a key broker (DESIGN 3, bootstrap): it proves itself under a fresh nonce.
 * Resolves with BrokerRoot bytes: its root and the envelope keys of the first epoch. Throws what verifyEnvelopeEvidence throws.
 */
export async function fetchBrokerRoot(input: { readonly connectionProfile: ConnectionProfile; readonly profile: Profile; readonly now: Date }): Promise<Uint8Array> {
  const ports = createGrpcNetwork(input.connectionProfile);
  try {
    const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
    const answer = await ports.keyBroker().getEnvelopeEvidence(nonce, { timeoutMs: TIMEOUT_MS });
    const statement = verifyEnvelopeEvidence({ answer, nonce, profile: input.profile, at: input.now });
    const envelopeKeys = statement.envelopeKeys.filter(({ epoch }) => epoch === FIRST_KEY_EPOCH).map(({ suite, epoch, publicKey }) => ({ suite, epoch, publicKey }));
    return encodeMessage(BrokerRootSchema, { rootCertificate: statement.rootCertificate, envelopeKeys });
  } finally {
    ports.close();
  }
}

/**
 * Commitments to a contract's first keys, signed by the broker that the ledger records: SignedKeyCommitments bytes.
 * Throws BROKER_NOT_RECOGNISED before one is recorded, and what verifyKeyCommitments throws.
 */
export async function fetchKeyCommitments(input: { readonly connectionProfile: ConnectionProfile; readonly ledger: FactReader; readonly contract: string; readonly suite: string }): Promise<Uint8Array> {
  const { connectionProfile, contract, suite } = input;
  const root = recordedBrokerRoot(input.ledger);
  if (root === undefined) throw new SelvedgeError('BROKER_NOT_RECOGNISED', 'no key broker is recorded on the ledger yet', { role: 'client' });
  const connection = connectRpc(connectionProfile.keyBroker, { tls: loadTls(connectionProfile) });
  try {
    const answer = await connection.client(KeyBroker).getKeyCommitments({ contract, suite, epoch: FIRST_KEY_EPOCH }, { timeoutMs: TIMEOUT_MS });
    const signed = encodeMessage(SignedKeyCommitmentsSchema, answer);
    verifyKeyCommitments(signed, root.rootCertificate, { contract, epoch: FIRST_KEY_EPOCH });
    return signed;
  } finally {
    connection.close();
  }
}
