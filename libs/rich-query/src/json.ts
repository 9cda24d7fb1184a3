/** A parsed JSON value. Numbers are IEEE doubles, as Fabric stores them in CouchDB. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: JsonValue;
}

export const isObject = (value: JsonValue): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
export const isArray = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);

/** The property of the object itself; names such as "__proto__" and "constructor" are ordinary. */
export const property = (object: JsonObject, name: string): JsonValue | undefined => (Object.hasOwn(object, name) ? object[name] : undefined);

/** Whether nothing in the value is nested deeper than `maxDepth`, and all its numbers are finite. */
export function isWithinDepth(value: JsonValue, maxDepth: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  if (maxDepth === 0) return false;
  const children = isArray(value) ? value : Object.values(value);
  return children.every((child) => isWithinDepth(child, maxDepth - 1));
}

/** Order of the strings' UTF-8 bytes, which is the order of their code points; UTF-16 code units would sort otherwise. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all that one unit can hold. */
const rank = (unit: number): number => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit);

/** Names of an object in the order in which Fabric stores them: Go's encoder sorts by bytes. */
export const sortedNames = (object: JsonObject): string[] => Object.keys(object).sort(compareUtf8);

/** JSON without white space, names sorted by their bytes at every level. */
export function canonicalJson(value: JsonValue): string {
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = sortedNames(value).map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name] ?? null)}`);
  return `{${members.join(',')}}`;
}

/** Equality of type and content, as Erlang's =:= on JSON. */
export function isSameJson(a: JsonValue, b: JsonValue): boolean {
  if (isArray(a)) return isArray(b) && a.length === b.length && a.every((item, index) => isSameJson(item, b[index] ?? null));
  if (!isObject(a)) return a === b;
  if (!isObject(b) || isArray(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && isSameJson(a[name] ?? null, b[name] ?? null));
}
