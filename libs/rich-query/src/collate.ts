import { compareUtf8, isArray, sortedNames, type JsonObject, type JsonValue } from './json.js';

/**
 * CouchDB collates strings by ICU's root locale. The locale "en" has no rules of its own, so it is the root locale under
 * a name that ECMA-402 resolves the same everywhere ("und" would fall back to the environment's). Every option that a
 * locale or a user could change is fixed.
 */
const collator = new Intl.Collator('en', { usage: 'sort', sensitivity: 'variant', ignorePunctuation: false, numeric: false, caseFirst: 'false' });

/** null < false < true < numbers < strings < arrays < objects: CouchDB's view collation. */
function typeRank(value: JsonValue): number {
  if (value === null) return 0;
  if (value === false) return 1;
  if (value === true) return 2;
  if (typeof value === 'number') return 3;
  if (typeof value === 'string') return 4;
  return isArray(value) ? 5 : 6;
}

/**
 * Compares two values by CouchDB's view collation: negative, 0 or positive. Strings that the collation does not tell
 * apart, such as composed and decomposed letters, are equal. Objects compare member by member with their names sorted by
 * bytes, which is the order in which Fabric writes them.
 */
export function collate(a: JsonValue, b: JsonValue): number {
  if (a === b) return 0;
  if (typeof a === 'string' && typeof b === 'string') return collator.compare(a, b);
  const rank = typeRank(a);
  const difference = rank - typeRank(b);
  if (difference !== 0) return difference;
  if (rank === 3) return (a as number) - (b as number);
  if (rank === 5) return collateArrays(a as readonly JsonValue[], b as readonly JsonValue[]);
  return rank === 6 ? collateObjects(a as JsonObject, b as JsonObject) : 0;
}

/** Item by item; the longer of two arrays with equal beginnings is the greater. */
function collateArrays(a: readonly JsonValue[], b: readonly JsonValue[]): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const order = collate(a[index] ?? null, b[index] ?? null);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function collateObjects(a: JsonObject, b: JsonObject): number {
  const names = sortedNames(a);
  const others = sortedNames(b);
  for (const [index, name] of names.entries()) {
    const other = others[index];
    if (other === undefined) return 1;
    const order = collate(name, other) || collate(a[name] ?? null, b[other] ?? null);
    if (order !== 0) return order;
  }
  return names.length - others.length;
}

/** CouchDB compares `_id` by bytes, not by collation. A string is greater than any other type in that order. */
export function compareIds(a: JsonValue, b: JsonValue): number {
  if (typeof a !== 'string') return collate(a, b);
  return typeof b === 'string' ? compareUtf8(a, b) : 1;
}
