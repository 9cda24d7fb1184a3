import { equalBytes, sha256 } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { headerHash } from './header-hash.js';
import { WireMessage } from './wire.js';

/** Bytes of a delivered block at most: Fabric's own messages end at 100 MiB, private data comes on top. */
export const MAX_BLOCK_BYTES = 1024 * 1024 * 1024;

/** A block as a peer has validated it. */
export interface FabricBlock {
  readonly number: bigint;
  /** SHA-256 of the header, 32 bytes. */
  readonly hash: Uint8Array;
  /** Empty in block 0. */
  readonly previousHash: Uint8Array;
  readonly dataHash: Uint8Array;
  /** Envelope bytes, one per transaction. */
  readonly envelopes: readonly Uint8Array[];
  /** The peer's validation code of each, one byte per transaction. */
  readonly flags: Uint8Array;
}

/** What a peer's deliver service answers: a block, or a status that ends the stream. */
export type Delivered =
  | {
      readonly kind: 'block';
      readonly block: FabricBlock;
      /** TxPvtReadWriteSet bytes by index of the transaction: what the peer holds and lets the asker see. */
      readonly privateData: ReadonlyMap<number, Uint8Array>;
    }
  | { readonly kind: 'status'; readonly status: number };

/** Where the next block must join. */
export interface BlockEnd {
  readonly number: bigint;
  /** Hash of the last header; empty before block 0. */
  readonly previousHash: Uint8Array;
}

// common.BlockMetadataIndex
const TRANSACTIONS_FILTER = 2;

/** Parses DeliverResponse bytes. Throws LEDGER_CORRUPT, MESSAGE_TOO_LARGE. */
export function parseDelivered(bytes: Uint8Array): Delivered {
  if (bytes.length > MAX_BLOCK_BYTES) throw new SelvedgeError('MESSAGE_TOO_LARGE', `a block of ${String(bytes.length)} bytes, at most ${String(MAX_BLOCK_BYTES)} allowed`);
  return orCorrupt('what the peer delivers does not parse', () => {
    const response = new WireMessage(bytes);
    if (response.has(2)) return { kind: 'block', block: parseBlock(response.message(2)), privateData: new Map() };
    if (!response.has(4)) return { kind: 'status', status: Number(response.uint(1)) };
    const both = response.message(4);
    return { kind: 'block', block: parseBlock(both.message(1)), privateData: new Map(both.all(2).map(parsePrivateEntry)) };
  });
}

function parsePrivateEntry(bytes: Uint8Array): readonly [number, Uint8Array] {
  const entry = new WireMessage(bytes);
  return [Number(entry.uint(1)), entry.bytes(2)];
}

function parseBlock(block: WireMessage): FabricBlock {
  const header = block.message(1);
  const fields = { number: header.uint(1), previousHash: header.bytes(2), dataHash: header.bytes(3) };
  const metadata = block.message(3).all(1);
  return { ...fields, hash: headerHash(fields), envelopes: block.message(2).all(1), flags: metadata[TRANSACTIONS_FILTER] ?? new Uint8Array(0) };
}

/** Checks that a block joins the chain, that its transactions are those of its header, and that each has a code. Throws LEDGER_CORRUPT. */
export function verifyFabricBlock(block: FabricBlock, end: BlockEnd): void {
  const at = `block ${String(end.number)}`;
  if (block.number !== end.number) throw corrupt(`${at}: has number ${String(block.number)}`);
  if (!equalBytes(block.previousHash, end.previousHash)) throw corrupt(`${at}: does not follow the last block`);
  if (!equalBytes(block.dataHash, sha256(Buffer.concat(block.envelopes)))) throw corrupt(`${at}: its transactions are not those of its header`);
  if (block.flags.length !== block.envelopes.length) throw corrupt(`${at}: ${String(block.flags.length)} validation codes for ${String(block.envelopes.length)} transactions`);
}

/** Runs a parser of ledger bytes; its refusal becomes LEDGER_CORRUPT. */
export function orCorrupt<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (!isSelvedgeError(cause)) throw cause;
    throw corrupt(`${what}: ${cause.message}`, cause);
  }
}

/** LEDGER_CORRUPT with its reason. */
export function corrupt(why: string, cause?: unknown): SelvedgeError {
  return new SelvedgeError('LEDGER_CORRUPT', why, { cause });
}
