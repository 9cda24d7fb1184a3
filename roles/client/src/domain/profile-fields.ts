import { SelvedgeError } from '@selvedge/errors';

/** Throws INVALID_CONFIGURATION unless it is an object. */
export function requireRecord(what: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new SelvedgeError('INVALID_CONFIGURATION', `${what}: an object is expected`);
  return value as Record<string, unknown>;
}

/** Throws INVALID_CONFIGURATION, naming the key, unless it holds text. */
export function requireText(record: Record<string, unknown>, key: string): string {
  const value = record[key];
  if (typeof value !== 'string' || value === '') throw new SelvedgeError('INVALID_CONFIGURATION', `connection profile: ${key} must be a non-empty string`);
  return value;
}

/** The key's text, in an object to spread; nothing when it is not there. */
export function optionalText<K extends string>(record: Record<string, unknown>, key: K): Readonly<Partial<Record<K, string>>> {
  return (record[key] === undefined ? {} : { [key]: requireText(record, key) }) as Partial<Record<K, string>>;
}

/** Throws INVALID_CONFIGURATION, naming the key, unless it holds a list of objects. */
export function requireList(record: Record<string, unknown>, key: string): Record<string, unknown>[] {
  const value = record[key];
  if (!Array.isArray(value)) throw new SelvedgeError('INVALID_CONFIGURATION', `connection profile: ${key} must be a list`);
  return value.map((item) => requireRecord(key, item));
}

/** The key's list of texts, in an object to spread; nothing when it is not there. Throws INVALID_CONFIGURATION, naming the key. */
export function optionalTexts<K extends string>(record: Record<string, unknown>, key: K): Readonly<Partial<Record<K, readonly string[]>>> {
  const value = record[key];
  if (value !== undefined && !Array.isArray(value)) throw new SelvedgeError('INVALID_CONFIGURATION', `connection profile: ${key} must be a list`);
  return (value === undefined ? {} : { [key]: value.map((item: unknown) => requireText({ [key]: item }, key)) }) as Partial<Record<K, string[]>>;
}

/** Throws INVALID_CONFIGURATION for a key that is none of these: a misspelt setting would be ignored silently. */
export function refuseOthers(what: string, record: Record<string, unknown>, allowed: readonly string[]): void {
  const other = Object.keys(record).find((key) => !allowed.includes(key));
  if (other !== undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `connection profile: ${what} has no setting ${JSON.stringify(other)}`);
}
