/**
 * The little of DER (X.690) that our certificates need. @peculiar/x509 cannot carry object identifiers under 2.25,
 * whose arcs have 128 bits.
 */

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  context0: 0xa0,
  context3: 0xa3,
} as const;

/** One tag-length-value, lengths in their shortest form. */
export function tlv(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.of(tag), lengthOctets(body.length), body]);
}

function lengthOctets(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Buffer.of(0x80 | octets.length, ...octets);
}

/** OBJECT IDENTIFIER of dotted decimals, arcs of any size (X.690 section 8.19). */
export function oid(dotted: string): Buffer {
  const [first = 0n, second = 0n, ...rest] = dotted.split('.').map((arc) => BigInt(arc));
  return tlv(TAG.oid, ...[first * 40n + second, ...rest].map(base128));
}

function base128(value: bigint): Buffer {
  const octets = [Number(value & 0x7fn)];
  for (let rest = value >> 7n; rest > 0n; rest >>= 7n) octets.unshift(Number(rest & 0x7fn) | 0x80);
  return Buffer.from(octets);
}

/** A positive INTEGER of big-endian bytes. */
export function positiveInteger(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const body = bytes.subarray(start);
  return tlv(TAG.integer, Buffer.from((body[0] ?? 0) >= 0x80 ? [0] : []), body);
}

/** A BIT STRING without unused bits. */
export function bitString(bytes: Uint8Array): Buffer {
  return tlv(TAG.bitString, Buffer.of(0), bytes);
}

/** Time (RFC 5280 section 4.1.2.5): UTCTime before 2050, GeneralizedTime from then on. */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return date.getUTCFullYear() < 2050 ? tlv(TAG.utcTime, Buffer.from(`${digits.slice(2)}Z`)) : tlv(TAG.generalizedTime, Buffer.from(`${digits}Z`));
}

/** One element as it lies in its buffer. */
export interface DerElement {
  readonly tag: number;
  /** Tag and length included. */
  readonly raw: Uint8Array;
  readonly content: Uint8Array;
}

/** The elements that fill these bytes. Throws RangeError when they are not DER. */
export function readElements(bytes: Uint8Array): DerElement[] {
  const elements: DerElement[] = [];
  for (let at = 0; at < bytes.length; ) {
    const element = readElement(bytes, at);
    elements.push(element);
    at += element.raw.length;
  }
  return elements;
}

function readElement(bytes: Uint8Array, at: number): DerElement {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) throw new RangeError('DER: cut short');
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  // 0x80 would be BER's indefinite length; three octets suffice for any certificate.
  if (first === 0x80 || lengthBytes > 3) throw new RangeError('DER: length');
  let length = first < 0x80 ? first : 0;
  for (let i = 0; i < lengthBytes; i += 1) length = length * 256 + (bytes[at + 2 + i] ?? 0);
  const start = at + 2 + lengthBytes;
  if (start + length > bytes.length) throw new RangeError('DER: cut short');
  if (Buffer.compare(bytes.subarray(at + 1, start), lengthOctets(length)) !== 0) throw new RangeError('DER: length is not in its shortest form');
  return { tag, raw: bytes.subarray(at, start + length), content: bytes.subarray(start, start + length) };
}
