import { fromHex, lengthPrefixed, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { PlaintextChange, PlaintextEntry } from '../plaintext-store.js';

const LENGTH_BYTES = 4;

/** A stored entry: key, value, packet header, packet hash, transaction id and block number, each after its length (4 bytes, big-endian). */
export function encodeEntry({ key, packetHeader, packetHash, txId }: PlaintextChange, value: Uint8Array, blockNumber: bigint): Buffer {
  return lengthPrefixed([key, value, packetHeader, packetHash, fromHex(txId), blockNumber]);
}

/** Reads a stored entry. Throws LEDGER_CORRUPT when it is none. */
export function decodeEntry(record: Uint8Array): PlaintextEntry {
  const [key, value, packetHeader, packetHash, txId, blockNumber, ...more] = split(Buffer.from(record));
  if (!key || !value || !packetHeader || !packetHash || !txId || blockNumber?.length !== 8 || more.length > 0) throw corrupt();
  return { key: key.toString('utf8'), value: Uint8Array.from(value), packetHeader: Uint8Array.from(packetHeader), packetHash: Uint8Array.from(packetHash), txId: toHex(txId), blockNumber: blockNumber.readBigUInt64BE() };
}

function split(record: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let offset = 0; offset < record.length; ) {
    if (offset + LENGTH_BYTES > record.length) throw corrupt();
    const start = offset + LENGTH_BYTES;
    offset = start + record.readUInt32BE(offset);
    if (offset > record.length) throw corrupt();
    parts.push(record.subarray(start, offset));
  }
  return parts;
}

function corrupt(): SelvedgeError {
  return new SelvedgeError('LEDGER_CORRUPT', 'an entry of a plaintext dataset cannot be read');
}
