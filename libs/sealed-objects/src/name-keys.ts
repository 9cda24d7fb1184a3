import { suiteByName } from '@selvedge/crypto';
import { requireKey } from './keys.js';
import { nameBytes } from './padded-content.js';

/** Names on the ledger, derived under one contract's name key. */
export interface NameKeys {
  /** HMAC(name key; dataset, key), 32 bytes. dataset '' is the world state. Throws MALFORMED_MESSAGE for invalid Unicode. */
  ledgerKey(dataset: string, key: string): Uint8Array;
  /** HMAC(name key; dataset, composite object type), 32 bytes; objectType '' for simple keys. */
  datasetTag(dataset: string, objectType: string): Uint8Array;
}

/**
 * @param suite the contract's
 * @param nameKey 32 bytes, the contract's. Throws RangeError for another length, UNKNOWN_SUITE.
 */
export function createNameKeys(suite: string, nameKey: Uint8Array): NameKeys {
  const { labelledHmac } = suiteByName(suite);
  requireKey('name key', nameKey);
  return {
    ledgerKey: (dataset, key) => labelledHmac(nameKey, 'ledger key', nameBytes(dataset), nameBytes(key)),
    datasetTag: (dataset, objectType) => labelledHmac(nameKey, 'dataset tag', nameBytes(dataset), nameBytes(objectType)),
  };
}

const COMPOSITE_KEY_SEPARATOR = '\x00';

/** Object type of a Fabric composite key (\x00 type \x00 attribute \x00 ...); '' for a simple key. */
export function objectTypeOf(key: string): string {
  if (!key.startsWith(COMPOSITE_KEY_SEPARATOR)) return '';
  const end = key.indexOf(COMPOSITE_KEY_SEPARATOR, 1);
  return end === -1 ? key.slice(1) : key.slice(1, end);
}
