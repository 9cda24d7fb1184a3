import { combine, split } from 'shamir-secret-sharing';
import { openShareSubmission, sealShareSlot, shareCommitment, type ShareHolder } from '@selvedge/attestation';
import { equalBytes, type KemKeyPair } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import { encodeMessage, LIMITS, parseMessage, UnlockSlotsSchema, type ShareSubmission, type UnlockSlots } from '@selvedge/protocol';

const SECRET_BYTES = 32;

/** What a store is encrypted under, and its clear head: UnlockSlots bytes. */
export interface StoreLock {
  /** 32 bytes; in this process's memory alone. */
  readonly secret: Uint8Array;
  readonly slots: Uint8Array;
}

/** The organisations of a profile that hold a share, sorted, and how many of them unlock: as many as change the policy. */
export function unlockQuorum({ message }: Profile): { readonly holders: readonly ShareHolder[]; readonly threshold: number } {
  const holders = message.organisations.filter(({ unlockKey }) => unlockKey.length > 0).map(({ mspId, unlockKey }) => ({ mspId, publicKey: unlockKey }));
  return { holders, threshold: message.adminQuorum };
}

/**
 * Makes a fresh secret and splits it among the organisations of the profile (Shamir), each share sealed to its holder.
 * Throws INVALID_CONFIGURATION when too few organisations have an unlock key: under a profile that admits no key broker.
 */
export async function createStoreLock(profile: Profile, randomBytes: (length: number) => Uint8Array): Promise<StoreLock> {
  const { network, channel } = profile.message;
  const { holders, threshold } = unlockQuorum(profile);
  if (holders.length < threshold) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `the network profile has unlock keys of ${String(holders.length)} organisations, ${String(threshold)} needed to unlock the key broker`);
  }
  const secret = plain(randomBytes(SECRET_BYTES));
  const shares = await splitSecret(secret, holders.length, threshold);
  const slots = holders.map((holder, i) => sealShareSlot({ network, channel }, holder, shares[i] as Uint8Array));
  return { secret, slots: encodeMessage(UnlockSlotsSchema, { network, channel, threshold, slots }) };
}

/** Whether a store's shares are those of the profile: organisations, their unlock keys and the threshold. */
export function isLockOf(slots: Uint8Array, profile: Profile): boolean {
  const { threshold, slots: list } = parseSlots(slots);
  const wanted = unlockQuorum(profile);
  const isSame = (holder: ShareHolder, i: number): boolean => list[i]?.mspId === holder.mspId && equalBytes(list[i].publicKey, holder.publicKey);
  return threshold === wanted.threshold && list.length === wanted.holders.length && wanted.holders.every(isSame);
}

/** Parses the clear head of a store, which anyone may have changed. Throws MALFORMED_MESSAGE, MESSAGE_TOO_LARGE. */
export function parseSlots(slots: Uint8Array): UnlockSlots {
  return parseMessage(UnlockSlotsSchema, slots, LIMITS.maxFactBytes);
}

/** The shares that a locked broker has received. */
export interface ShareCollector {
  readonly threshold: number;
  /** MSP ids, sorted. */
  submitted(): string[];
  /**
   * Takes a share. Resolves with the secret once there are enough; undefined before.
   * Rejects with UNLOCK_SHARE_INVALID when it is not the share of that organisation's slot.
   */
  add(submission: ShareSubmission): Promise<Uint8Array | undefined>;
  /** Forgets what it has. */
  clear(): void;
}

/** @param ephemeral what shares are sealed to */
export function createShareCollector(slots: UnlockSlots, ephemeral: KemKeyPair): ShareCollector {
  const shares = new Map<string, Uint8Array>();
  return {
    threshold: slots.threshold,
    submitted: () => [...shares.keys()].sort(),
    async add(submission) {
      const slot = slots.slots.find(({ mspId }) => mspId === submission.mspId);
      const share = openShareSubmission(slots, ephemeral, submission);
      if (slot === undefined || !equalBytes(shareCommitment(share), slot.commitment)) {
        throw new SelvedgeError('UNLOCK_SHARE_INVALID', 'the share is not the one that this store has for the organisation');
      }
      shares.set(slot.mspId, share);
      return shares.size < slots.threshold ? undefined : combineShares([...shares.values()]);
    },
    clear() {
      shares.clear();
    },
  };
}

/** Shamir's scheme begins at two of two; a network where one organisation decides gives it the secret itself. */
function splitSecret(secret: Uint8Array, count: number, threshold: number): Promise<Uint8Array[]> {
  return threshold === 1 ? Promise.resolve(Array.from({ length: count }, () => secret)) : split(secret, count, threshold);
}

function combineShares(shares: readonly Uint8Array[]): Promise<Uint8Array> {
  const [only] = shares;
  return shares.length === 1 && only !== undefined ? Promise.resolve(only) : combine(shares.map(plain));
}

/** The library takes no subclass of Uint8Array, such as Buffer. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
