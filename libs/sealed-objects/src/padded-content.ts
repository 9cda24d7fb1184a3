import { SelvedgeError } from '@selvedge/errors';
import { padmeLength } from './padme.js';

/**
 * The plaintext of packets and events: a name and a value, each preceded by its length (4 bytes, big-endian), then
 * zeros up to the Padmé length. One encoding per content, so equal content gives equal packets.
 */
const LENGTH_BYTES = 4;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export interface Content {
  readonly name: string;
  readonly value: Uint8Array;
}

/** UTF-8 of a name. Throws SelvedgeError MALFORMED_MESSAGE for a lone surrogate, which would collide with another name. */
export function nameBytes(name: string): Buffer {
  if (/\p{Surrogate}/u.test(name)) throw new SelvedgeError('MALFORMED_MESSAGE', 'a name is not valid Unicode');
  return Buffer.from(name, 'utf8');
}

export function encodeContent(content: Content): Buffer {
  const name = nameBytes(content.name);
  const exact = 2 * LENGTH_BYTES + name.length + content.value.length;
  const out = Buffer.alloc(padmeLength(exact));
  out.writeUInt32BE(name.length, 0);
  name.copy(out, LENGTH_BYTES);
  out.writeUInt32BE(content.value.length, LENGTH_BYTES + name.length);
  out.set(content.value, 2 * LENGTH_BYTES + name.length);
  return out;
}

/** Reads authenticated plaintext. Throws SelvedgeError DECRYPT_FAILED unless it is the one encoding of its content. */
export function parseContent(plaintext: Uint8Array): Content {
  const content = readContent(Buffer.from(plaintext.buffer, plaintext.byteOffset, plaintext.byteLength));
  if (content === undefined) throw new SelvedgeError('DECRYPT_FAILED', 'decryption failed');
  return content;
}

function readContent(bytes: Buffer): Content | undefined {
  if (bytes.length < 2 * LENGTH_BYTES) return undefined;
  const nameEnd = LENGTH_BYTES + bytes.readUInt32BE(0);
  if (nameEnd + LENGTH_BYTES > bytes.length) return undefined;
  const valueStart = nameEnd + LENGTH_BYTES;
  const valueEnd = valueStart + bytes.readUInt32BE(nameEnd);
  if (valueEnd > bytes.length) return undefined;
  if (bytes.length !== padmeLength(valueEnd)) return undefined;
  if (bytes.subarray(valueEnd).some((byte) => byte !== 0)) return undefined;
  const name = decodeName(bytes.subarray(LENGTH_BYTES, nameEnd));
  return name === undefined ? undefined : { name, value: bytes.subarray(valueStart, valueEnd) };
}

function decodeName(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
