/** Byte-string encodings that every label, hash and derivation shares. */

/** A part of a hash or derivation input: bytes as they are, strings as UTF-8, numbers as 64-bit big-endian. */
export type Part = Uint8Array | string | number | bigint;

/** Of the length before each part. */
export const LENGTH_BYTES = 4;
const NUMBER_BYTES = 8;

function partLength(part: Part): number {
  if (typeof part === 'string') return Buffer.byteLength(part, 'utf8');
  return typeof part === 'object' ? part.length : NUMBER_BYTES;
}

/** Gives where it ends. */
function writePart(part: Part, out: Buffer, offset: number): number {
  if (typeof part === 'string') return offset + out.write(part, offset, 'utf8');
  if (typeof part === 'object') {
    out.set(part, offset);
    return offset + part.length;
  }
  if (typeof part === 'number' && !Number.isSafeInteger(part)) throw new RangeError('part: not a safe integer');
  return out.writeBigUInt64BE(BigInt(part), offset);
}

/**
 * Concatenation in which each part is preceded by its length (4 bytes, big-endian), so that no two lists collide.
 * Throws RangeError for a negative, fractional or oversize number.
 */
export function lengthPrefixed(parts: readonly Part[]): Buffer {
  let size = 0;
  for (const part of parts) size += LENGTH_BYTES + partLength(part);
  const out = Buffer.allocUnsafe(size);
  let offset = 0;
  for (const part of parts) {
    const end = writePart(part, out, offset + LENGTH_BYTES);
    out.writeUInt32BE(end - offset - LENGTH_BYTES, offset);
    offset = end;
  }
  return out;
}

/** Byte-wise equality, not constant time: for public values such as hashes and ids. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** Byte-wise order, as Buffer.compare. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Parses lower- or upper-case hex. Throws RangeError on odd length or a foreign character. */
export function fromHex(hex: string): Uint8Array {
  if (hex.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(hex)) throw new RangeError('not hexadecimal');
  return new Uint8Array(Buffer.from(hex, 'hex'));
}
