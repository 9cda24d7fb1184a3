import { randomBytes } from 'node:crypto';
import { verifyEnvelopeEvidence } from '@selvedge/attestation';
import { createGrpcNetwork, type ConnectionProfile } from '@selvedge/client';
import { CHANNEL_EPOCH, facts, type Profile } from '@selvedge/policy';
import { BrokerRootSchema, encodeMessage } from '@selvedge/protocol';
import type { DeployContext } from './deploy-context.js';
import type { PolicyAccess } from './policy-access.js';

const NONCE_BYTES = 32;
const TIMEOUT_MS = 10_000;
const FIRST_EPOCH = 1n;

/**
 * Has the key broker prove itself, and records its root and the envelope keys of the first epoch (DESIGN 3, bootstrap).
 * Resolves with whether the ledger has them. Throws what verifyEnvelopeEvidence throws.
 */
export async function recordBroker({ reporter }: DeployContext, policy: PolicyAccess, input: { readonly profile: Profile; readonly connectionProfile: ConnectionProfile }): Promise<boolean> {
  if ((await policy.facts()).fact(facts.brokerRoot) !== undefined) return true;
  const value = await provenRoot(input.connectionProfile, input.profile);
  const changes = [facts.brokerRoot, facts.epoch(CHANNEL_EPOCH, FIRST_EPOCH)].map((key) => ({ key, value }));
  const { proposal, blockNumber } = await policy.change({ changes }, input.profile);
  if (blockNumber === undefined) {
    reporter.wait(`the key broker’s root: approved by ${proposal.approvals.join(', ')}, ${String(proposal.needed)} organisations needed; pass ${proposal.file} on to the other operators`);
    return false;
  }
  reporter.done(`key broker verified; its root and envelope keys recorded in block ${String(blockNumber)}`);
  return true;
}

async function provenRoot(connectionProfile: ConnectionProfile, profile: Profile): Promise<Uint8Array> {
  const ports = createGrpcNetwork(connectionProfile);
  try {
    const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
    const answer = await ports.keyBroker().getEnvelopeEvidence(nonce, { timeoutMs: TIMEOUT_MS });
    const statement = verifyEnvelopeEvidence({ answer, nonce, profile, at: new Date() });
    const envelopeKeys = statement.envelopeKeys.filter(({ epoch }) => epoch === FIRST_EPOCH).map(({ suite, epoch, publicKey }) => ({ suite, epoch, publicKey }));
    return encodeMessage(BrokerRootSchema, { rootCertificate: statement.rootCertificate, envelopeKeys });
  } finally {
    ports.close();
  }
}
