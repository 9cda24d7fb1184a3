/** A key as SQL shows it. PostgreSQL's text holds no U+0000, which every composite key has. */
export interface ReadableKey {
  /** The key, with the symbol U+2400 in place of each U+0000. Two keys that differ may look alike. */
  readonly text: string;
  /** Object type and attributes of a composite key; undefined for others. */
  readonly parts: readonly string[] | undefined;
}

export function readableKey(key: string): ReadableKey {
  // As Fabric's shim makes composite keys: U+0000, then the object type and every attribute, each followed by U+0000.
  const isComposite = key.length > 1 && key.startsWith('\0') && key.endsWith('\0');
  return {
    text: key.replaceAll('\0', '\u2400'),
    parts: isComposite ? key.slice(1, -1).split('\0') : undefined,
  };
}
