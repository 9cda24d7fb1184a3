import { SelvedgeError } from '@selvedge/errors';

/** Reads fields of untrusted bytes in order; integers are little-endian. Every method throws EVIDENCE_MALFORMED when the bytes end. */
export interface ByteReader {
  bytes(length: number): Uint8Array;
  u16(): number;
  u32(): number;
  /** What is left. */
  rest(): Uint8Array;
}

/** @param what names the object in refusals */
export function createByteReader(bytes: Uint8Array, what: string): ByteReader {
  let at = 0;
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) throw new SelvedgeError('EVIDENCE_MALFORMED', `${what}: cut short at byte ${String(at)}`);
    at += length;
    return Buffer.from(bytes.buffer, bytes.byteOffset + at - length, length);
  };
  return {
    bytes: (length) => new Uint8Array(take(length)),
    u16: () => take(2).readUInt16LE(),
    u32: () => take(4).readUInt32LE(),
    rest: () => new Uint8Array(take(bytes.length - at)),
  };
}
