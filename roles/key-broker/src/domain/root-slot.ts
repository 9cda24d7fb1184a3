import { deriveKey, suiteByName } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { encodeMessage, UnlockSlotsSchema } from '@selvedge/protocol';
import { parseSlots, type StoreLock } from './unlock-secret.js';

const SALT_BYTES = 32;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const NO_AAD = new Uint8Array(0);
const AEAD = suiteByName('P256-AES256GCM-SHA256');

/**
 * The lock with its secret also under a key derived from the root secret, so that a replica that got the root from
 * another opens its own store, whose audit head and facts it must keep. Whoever has the root secret has every key anyway.
 */
export function withRootSlot(lock: StoreLock, rootSecret: Uint8Array, randomBytes: (length: number) => Uint8Array): StoreLock {
  const slots = parseSlots(lock.slots);
  if (slots.rootSlot.length > 0) return lock;
  const salt = randomBytes(SALT_BYTES);
  const { key, nonce } = deriveSlotKey(rootSecret, salt);
  const rootSlot = Buffer.concat([salt, AEAD.aeadSeal(key, nonce, NO_AAD, lock.secret)]);
  return { secret: lock.secret, slots: encodeMessage(UnlockSlotsSchema, { ...slots, rootSlot }) };
}

/** The unlock secret of a store, by the root secret. Throws UNLOCK_FAILED, whatever the reason, and what parseSlots throws. */
export function openRootSlot(slots: Uint8Array, rootSecret: Uint8Array): Uint8Array {
  const { rootSlot } = parseSlots(slots);
  const { key, nonce } = deriveSlotKey(rootSecret, rootSlot.subarray(0, SALT_BYTES));
  try {
    return AEAD.aeadOpen(key, nonce, NO_AAD, rootSlot.subarray(SALT_BYTES));
  } catch {
    throw new SelvedgeError('UNLOCK_FAILED', 'the key broker’s store is not one of this root');
  }
}

function deriveSlotKey(rootSecret: Uint8Array, salt: Uint8Array): { key: Uint8Array; nonce: Uint8Array } {
  const material = deriveKey(rootSecret, 'broker/store root slot', [salt], KEY_BYTES + NONCE_BYTES);
  return { key: material.subarray(0, KEY_BYTES), nonce: material.subarray(KEY_BYTES) };
}
