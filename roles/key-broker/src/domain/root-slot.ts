import { SelvedgeError } from '@selvedge/errors';
import { encodeMessage, UnlockSlotsSchema } from '@selvedge/protocol';
import { createStoreCipher, SALT_BYTES } from './store-cipher.js';
import { parseSlots, type StoreLock } from './unlock-secret.js';

const LABEL = 'broker/store root slot';
const NO_AAD = new Uint8Array(0);

/**
 * The lock with its secret also under a key derived from the root secret, so that a replica that got the root from
 * another opens its own store, whose audit head and facts it must keep. Whoever has the root secret has every key anyway.
 */
export function withRootSlot(lock: StoreLock, rootSecret: Uint8Array, randomBytes: (length: number) => Uint8Array): StoreLock {
  const slots = parseSlots(lock.slots);
  if (slots.rootSlot.length > 0) return lock;
  const salt = randomBytes(SALT_BYTES);
  const rootSlot = Buffer.concat([salt, createStoreCipher(rootSecret, LABEL).seal(salt, NO_AAD, lock.secret)]);
  return { secret: lock.secret, slots: encodeMessage(UnlockSlotsSchema, { ...slots, rootSlot }) };
}

/** The unlock secret of a store, by the root secret. Throws UNLOCK_FAILED, whatever the reason, and what parseSlots throws. */
export function openRootSlot(slots: Uint8Array, rootSecret: Uint8Array): Uint8Array {
  const { rootSlot } = parseSlots(slots);
  try {
    return createStoreCipher(rootSecret, LABEL).open(rootSlot.subarray(0, SALT_BYTES), NO_AAD, rootSlot.subarray(SALT_BYTES));
  } catch {
    throw new SelvedgeError('UNLOCK_FAILED', 'the key broker’s store is not one of this root');
  }
}
