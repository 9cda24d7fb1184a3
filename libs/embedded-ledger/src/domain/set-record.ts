import type { SetRoot } from '@selvedge/set-digest';
import { corrupt } from './block.js';

/** An entry of a set, as its dataset's members list it; 32 bytes each. */
export interface Member {
  readonly datasetTag: Uint8Array;
  readonly version: Uint8Array;
}

/** A set from one height on. */
export interface SetRecord extends SetRoot {
  /** 32 bytes; empty: absent. */
  readonly guardTxId: Uint8Array;
  /** The guard is absent from this height on; 0: it stays. */
  readonly guardEndsAt: bigint;
}

export function encodeMember({ datasetTag, version }: Member): Uint8Array {
  return Buffer.concat([datasetTag, version]);
}

/** Throws LEDGER_CORRUPT. */
export function decodeMember(bytes: Uint8Array | undefined): Member | undefined {
  if (bytes === undefined) return undefined;
  if (bytes.length !== 64) throw corrupt('a stored member of a set has a wrong length');
  return { datasetTag: bytes.subarray(0, 32), version: bytes.subarray(32) };
}

export function encodeRecord({ root, count, guardTxId, guardEndsAt }: SetRecord): Uint8Array {
  const numbers = Buffer.alloc(16);
  numbers.writeBigUInt64BE(count, 0);
  numbers.writeBigUInt64BE(guardEndsAt, 8);
  return Buffer.concat([root, numbers, guardTxId]);
}

/** Throws LEDGER_CORRUPT. */
export function decodeRecord(bytes: Uint8Array): SetRecord {
  if (bytes.length !== 48 && bytes.length !== 80) throw corrupt('a stored set digest has a wrong length');
  const buffer = Buffer.from(bytes);
  return { root: bytes.subarray(0, 32), count: buffer.readBigUInt64BE(32), guardEndsAt: buffer.readBigUInt64BE(40), guardTxId: bytes.subarray(48) };
}
