import { randomBytes } from 'node:crypto';
import { verifyEnvelopeEvidence } from '@selvedge/attestation';
import { createGrpcNetwork, type ConnectionProfile } from '@selvedge/client';
import type { Signer } from '@selvedge/identity';
import { CHANNEL_EPOCH, facts, type Profile } from '@selvedge/policy';
import { BrokerRootSchema, encodeMessage } from '@selvedge/protocol';
import type { PolicySession } from './policy-session.js';

const NONCE_BYTES = 32;
const TIMEOUT_MS = 10_000;
const FIRST_EPOCH = 1n;

/**
 * What administrators do once the key broker proves itself (DESIGN 3, bootstrap): they verify its evidence and record
 * its root and the envelope keys of the first epoch. Throws what verifyEnvelopeEvidence and PolicySession.change throw.
 */
export async function recordBroker(input: {
  readonly connectionProfile: ConnectionProfile;
  readonly profile: Profile;
  readonly session: PolicySession;
  readonly administrators: readonly Signer[];
  readonly now: Date;
}): Promise<void> {
  const ports = createGrpcNetwork(input.connectionProfile);
  try {
    const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
    const answer = await ports.keyBroker().getEnvelopeEvidence(nonce, { timeoutMs: TIMEOUT_MS });
    const statement = verifyEnvelopeEvidence({ answer, nonce, profile: input.profile, at: input.now });
    const envelopeKeys = statement.envelopeKeys.filter(({ epoch }) => epoch === FIRST_EPOCH).map(({ suite, epoch, publicKey }) => ({ suite, epoch, publicKey }));
    const value = encodeMessage(BrokerRootSchema, { rootCertificate: statement.rootCertificate, envelopeKeys });
    await input.session.change(
      [
        { key: facts.brokerRoot, value },
        { key: facts.epoch(CHANNEL_EPOCH, FIRST_EPOCH), value },
      ],
      input.administrators,
    );
  } finally {
    ports.close();
  }
}
