import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { LedgerStore } from '@selvedge/embedded-ledger';
import { StageRequestSchema } from '@selvedge/protocol';

/** How much a node keeps for transactions that are not ordered yet, and for how long. */
export interface PendingLimits {
  /** Staged transactions at once. */
  readonly maxCount: number;
  /** Bytes of their packets. */
  readonly maxBytes: number;
  /** Blocks until a staged transaction that was not ordered is forgotten; its receipt ends then too. */
  readonly lifeBlocks: bigint;
}

export const DEFAULT_PENDING_LIMITS: PendingLimits = { maxCount: 20_000, maxBytes: 512 * 1024 * 1024, lifeBlocks: 10_000n };

/** Packets of transactions that are endorsed for this node but not ordered yet, by target digest. */
export interface PendingStore {
  /**
   * Keeps the packets. Resolves with the height at which they are forgotten, after they are synced to disk. Keeping the
   * same again keeps them anew. Throws OVERLOADED when the limits are reached.
   */
  keep(targetDigest: Uint8Array, packets: readonly Uint8Array[], height: () => bigint): Promise<bigint>;
  /** Packets by SHA-256 in hex; empty when there are none. Inside a write transaction or out of it. */
  packets(targetDigest: Uint8Array): ReadonlyMap<string, Uint8Array>;
  /** Inside a write transaction. */
  forget(targetDigest: Uint8Array): void;
  /** Forgets what ends at or before this height. Inside a write transaction. */
  forgetEnded(height: bigint): void;
  readonly usage: { readonly count: number; readonly bytes: number };
}

const EXPIRY_BYTES = 8;
const USAGE_KEY = Buffer.from('usage');

/**
 * Opens the tables. `pending`: target digest -> expiry height (8 bytes) || packets. `pending-expiry`: expiry height ||
 * target digest -> nothing. `pending-usage`: count and bytes, exact since they change in the same transactions.
 */
export function openPendingStore(store: LedgerStore, limits: PendingLimits = DEFAULT_PENDING_LIMITS): PendingStore {
  const pending = store.database('pending');
  const expiry = store.database('pending-expiry');
  const usageTable = store.database('pending-usage');
  const readUsage = (): { count: number; bytes: number } => decodeUsage(usageTable.get(USAGE_KEY));
  const addUsage = (count: number, bytes: number): void => {
    const usage = readUsage();
    usageTable.put(USAGE_KEY, encodeUsage(usage.count + count, usage.bytes + bytes));
  };
  const forget = (targetDigest: Uint8Array): void => {
    const record = pending.get(targetDigest);
    if (record === undefined) return;
    pending.remove(targetDigest);
    expiry.remove(Buffer.concat([record.subarray(0, EXPIRY_BYTES), targetDigest]));
    addUsage(-1, -record.length);
  };
  return {
    keep: (targetDigest, packets, height) =>
      store.write(() => {
        const expiresAtHeight = height() + limits.lifeBlocks;
        const record = encodeRecord(expiresAtHeight, packets);
        const replaced = pending.get(targetDigest);
        const usage = readUsage();
        const count = usage.count + (replaced === undefined ? 1 : 0);
        const bytes = usage.bytes + record.length - (replaced?.length ?? 0);
        if (count > limits.maxCount) throw new SelvedgeError('OVERLOADED', `${String(limits.maxCount)} transactions are staged already`);
        if (bytes > limits.maxBytes) throw new SelvedgeError('OVERLOADED', `staged packets would take more than ${String(limits.maxBytes)} bytes`);
        forget(targetDigest);
        pending.put(targetDigest, record);
        expiry.put(Buffer.concat([record.subarray(0, EXPIRY_BYTES), targetDigest]), new Uint8Array(0));
        addUsage(1, record.length);
        return expiresAtHeight;
      }),
    packets: (targetDigest) => {
      const record = pending.get(targetDigest);
      if (record === undefined) return new Map();
      const { packets } = fromBinary(StageRequestSchema, record.subarray(EXPIRY_BYTES));
      return new Map(packets.map((packet) => [toHex(sha256(packet)), packet]));
    },
    forget,
    forgetEnded: (height) => {
      const ended = [...expiry.range({ end: heightBytes(height + 1n) })].map(({ key }) => Uint8Array.from(key.subarray(EXPIRY_BYTES)));
      ended.forEach(forget);
    },
    get usage() {
      return readUsage();
    },
  };
}

function heightBytes(height: bigint): Buffer {
  const bytes = Buffer.alloc(EXPIRY_BYTES);
  bytes.writeBigUInt64BE(height);
  return bytes;
}

function encodeRecord(expiresAtHeight: bigint, packets: readonly Uint8Array[]): Buffer {
  return Buffer.concat([heightBytes(expiresAtHeight), toBinary(StageRequestSchema, create(StageRequestSchema, { packets: [...packets] }))]);
}

function encodeUsage(count: number, bytes: number): Buffer {
  const record = Buffer.alloc(16);
  record.writeBigUInt64BE(BigInt(count), 0);
  record.writeBigUInt64BE(BigInt(bytes), 8);
  return record;
}

function decodeUsage(record: Uint8Array | undefined): { count: number; bytes: number } {
  if (record === undefined) return { count: 0, bytes: 0 };
  const view = Buffer.from(record);
  return { count: Number(view.readBigUInt64BE(0)), bytes: Number(view.readBigUInt64BE(8)) };
}
