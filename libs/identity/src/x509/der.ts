/** A reader of DER (ITU-T X.690): definite, minimal lengths and one-byte tags only, so that a value has one encoding. */

/** Tags that certificates and revocation lists use. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Context-specific constructed tag [n]. */
export const contextTag = (n: number): number => 0xa0 + n;

export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag, length and content. */
  readonly raw: Uint8Array;
}

/** Thrown inside this folder only; callers turn it into their refusal. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

function readAt(bytes: Uint8Array, start: number): DerValue {
  const tag = bytes[start];
  const first = bytes[start + 1];
  if (tag === undefined || first === undefined) throw new DerError('truncated');
  if ((tag & 0x1f) === 0x1f) throw new DerError('long tag');
  let length = first;
  let header = 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    length = 0;
    for (let i = 0; i < count; i += 1) length = length * 256 + (bytes[start + 2 + i] ?? 0);
    header += count;
    // Also the indefinite length, whose count is 0.
    if (length < 0x80 || length < 256 ** (count - 1)) throw new DerError('length not minimal');
  }
  const end = start + header + length;
  if (end > bytes.length) throw new DerError('truncated');
  return { tag, content: bytes.subarray(start + header, end), raw: bytes.subarray(start, end) };
}

/** Reads exactly one value. Throws DerError, also on trailing bytes. */
export function readDer(bytes: Uint8Array): DerValue {
  const value = readAt(bytes, 0);
  if (value.raw.length !== bytes.length) throw new DerError('trailing bytes');
  return value;
}

/** Reads the values inside a value. Throws DerError. */
export function readInside(value: DerValue): DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; at < value.content.length; ) {
    const inner = readAt(value.content, at);
    values.push(inner);
    at += inner.raw.length;
  }
  return values;
}

/** The value, when it has this tag. Throws DerError when it is missing or another. */
export function requireTag(value: DerValue | undefined, tag: number): DerValue {
  if (value?.tag !== tag) throw new DerError(`tag ${String(tag)} expected`);
  return value;
}

/** Non-negative INTEGER as lower-case hex without leading zeros. Throws DerError. */
export function integerHex(value: DerValue | undefined): string {
  const { content } = requireTag(value, TAG.integer);
  if (content.length === 0 || (content[0] as number) >= 0x80) throw new DerError('not a non-negative integer');
  if (content.length > 1 && content[0] === 0 && (content[1] as number) < 0x80) throw new DerError('integer not minimal');
  return Buffer.from(content).toString('hex').replace(/^0+(?=.)/, '');
}

/** BOOLEAN. Throws DerError. */
export function booleanValue(value: DerValue): boolean {
  const { content } = requireTag(value, TAG.boolean);
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new DerError('boolean');
  return content[0] === 0xff;
}
