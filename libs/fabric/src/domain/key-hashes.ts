import { sha256 } from '@selvedge/crypto';
import { entryKey, guardEntryKey, markerKey, MARKER_VALUE, OWNERS_TOUCH_KEY, policyEntryKey } from '../names.js';

/** What blocks show of a private key: SHA-256 of its text, 32 bytes. */
function keyHash(key: string): Uint8Array {
  return sha256(Buffer.from(key, 'utf8'));
}

/** Key hash of an entry. @param ledgerKey 32 bytes */
export function entryKeyHash(ledgerKey: Uint8Array): Uint8Array {
  return keyHash(entryKey(ledgerKey));
}

/** Key hash of a guard. @param key 32 bytes */
export function guardKeyHash(key: Uint8Array): Uint8Array {
  return keyHash(guardEntryKey(key));
}

/** Key hash of an entry's own endorsement policy. @param ledgerKey 32 bytes */
export function policyKeyHash(ledgerKey: Uint8Array): Uint8Array {
  return keyHash(policyEntryKey(ledgerKey));
}

/** Key hash of what each transaction touches in an owner set, where keys may have policies of their own. */
export const OWNERS_TOUCH_KEY_HASH: Uint8Array = keyHash(OWNERS_TOUCH_KEY);

/** Key hash of a replay marker. @param txId 32 bytes */
export function markerKeyHash(txId: Uint8Array): Uint8Array {
  return keyHash(markerKey(txId));
}

/** Value hash of every replay marker. */
export const MARKER_VALUE_HASH: Uint8Array = sha256(MARKER_VALUE);

/** One text per place, for maps. No two places give one text: the hash has a fixed length and no name has a zero byte. */
export function placeText(namespace: string, collection: string, hash: Uint8Array): string {
  return `${Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('latin1')}${namespace}\0${collection}`;
}
