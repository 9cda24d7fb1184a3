import { SelvedgeError } from '@selvedge/errors';
import { objectTypeOf } from '@selvedge/sealed-objects';
import { selectBetween } from './ordered-entries.js';

const COMPOSITE_KEY_NAMESPACE = '\x00';

/** A range of keys. */
export interface KeyRange {
  /** The one composite-key object type whose keys it may hold; '' for simple keys; undefined: of several kinds, which no one guard of a type stands for. */
  readonly objectType: string | undefined;
  /** Those within the range, sorted by the UTF-8 bytes of their keys, as Fabric's ledger does. */
  select<T extends { readonly key: string }>(entries: readonly T[]): T[];
}

/**
 * A range of Fabric's GetStateByRange: startKey <= key < endKey, an empty endKey has no upper bound. It lies among the
 * simple keys or within one composite object type, unless it starts at a composite key and ends elsewhere.
 */
export function createKeyRange(startKey: string, endKey: string): KeyRange {
  const objectType = startKey.startsWith(COMPOSITE_KEY_NAMESPACE) ? commonType(startKey, endKey) : '';
  const start = Buffer.from(startKey, 'utf8');
  const end = Buffer.from(endKey, 'utf8');
  return {
    objectType,
    select: (entries) => selectBetween(entries, start, end),
  };
}

function commonType(startKey: string, endKey: string): string | undefined {
  const objectType = objectTypeOf(startKey);
  const prefix = COMPOSITE_KEY_NAMESPACE + objectType + COMPOSITE_KEY_NAMESPACE;
  const isOneType = objectType !== '' && startKey.startsWith(prefix) && endKey.startsWith(prefix);
  return isOneType ? objectType : undefined;
}

/** Throws CHAINCODE_UNSUPPORTED for a composite key without an object type: it would share the simple keys' guard. */
export function verifyKeySupported(key: string): void {
  const isUntyped = key.startsWith(COMPOSITE_KEY_NAMESPACE) && objectTypeOf(key) === '';
  if (isUntyped) throw new SelvedgeError('CHAINCODE_UNSUPPORTED', 'a composite key without an object type');
}
