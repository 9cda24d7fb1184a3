import { randomBytes } from 'node:crypto';
import { openShareSlot, sealShareSubmission, verifyUnlockEvidence, type VerifiedUnlockEvidence } from '@selvedge/attestation';
import type { KemKeyPair } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import { KeyBrokerUnlock, type UnlockStatus } from '@selvedge/protocol';
import { connectRpc, type RpcClient, type TlsSetting } from '@selvedge/rpc';

const NONCE_BYTES = 32;
const TIMEOUT_MS = 10_000;

/** A key broker, and by what it is recognised. */
export interface BrokerLock {
  readonly address: string;
  readonly tls: TlsSetting;
  readonly profile: Profile;
  readonly now: Date;
}

/** An organisation's unlock key. Secret. */
export interface HeldUnlockKey {
  readonly mspId: string;
  readonly keyPair: KemKeyPair;
}

type UnlockClient = RpcClient<typeof KeyBrokerUnlock>;

/** Whether a broker that proves itself is locked, and whose shares it has. Rejects with what verifyUnlockEvidence throws. */
export async function fetchUnlockStatus(lock: BrokerLock): Promise<UnlockStatus> {
  return withBroker(lock, async (client) => (await fetchEvidence(client, lock)).status);
}

/**
 * Sends organisations' shares to a locked broker whose evidence is verified first, until it is unlocked; sends nothing
 * to one that is. Resolves with its status after that.
 * Rejects with what verifyUnlockEvidence throws, UNLOCK_SHARE_INVALID, and with what the broker says when it opens its store.
 */
export function submitShares(lock: BrokerLock, holders: readonly HeldUnlockKey[]): Promise<UnlockStatus> {
  const { network, channel } = lock.profile.message;
  return withBroker(lock, async (client) => {
    const { slots, status: before, ephemeralKey } = await fetchEvidence(client, lock);
    // Without a store there are no shares: it waits for another replica.
    if (slots === undefined) return before;
    let status = before;
    for (const { mspId, keyPair } of holders) {
      if (!status.locked) break;
      const slot = slots.slots.find((candidate) => candidate.mspId === mspId);
      if (slot === undefined) throw new SelvedgeError('UNLOCK_SHARE_INVALID', `the key broker’s store has no share of ${mspId}`, { role: 'client' });
      const share = openShareSlot({ network, channel }, slot, keyPair);
      status = await client.submitShare(sealShareSubmission({ network, channel, ephemeralKey, mspId, share }), { timeoutMs: TIMEOUT_MS });
    }
    return status;
  });
}

async function fetchEvidence(client: UnlockClient, { profile, now }: BrokerLock): Promise<VerifiedUnlockEvidence> {
  const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
  const answer = await client.getUnlockEvidence({ nonce }, { timeoutMs: TIMEOUT_MS });
  return verifyUnlockEvidence({ answer, nonce, profile, at: now });
}

async function withBroker<T>({ address, tls }: BrokerLock, use: (client: UnlockClient) => Promise<T>): Promise<T> {
  const connection = connectRpc(address, { tls });
  try {
    return await use(connection.client(KeyBrokerUnlock));
  } finally {
    connection.close();
  }
}
