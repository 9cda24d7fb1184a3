import { equalBytes } from '@selvedge/crypto';
import type { FactUpdate } from '@selvedge/policy';
import { ValidationCode } from '@selvedge/protocol';
import { corrupt } from '../domain/block.js';
import type { GatedCommit, TransactionResult } from '../ports.js';
import type { LedgerDatabase, LedgerStore } from '../store.js';
import type { GatedCore } from '../domain/gated-cores.js';
import { SetTables } from './set-tables.js';

/** A follower's place in the chain, as it is stored. */
export interface StoredHead {
  readonly height: bigint;
  /** 32 bytes; empty at height 0. */
  readonly blockHash: Uint8Array;
  /** 32 bytes; empty at height 0. */
  readonly commitHash: Uint8Array;
}

const HEAD = Buffer.from('head');
const ANCHOR = Buffer.from('anchor');
const FORMAT = Buffer.from('format');
/** Raised when a store of an older release lacks what this one needs from the first block on, whatever the ledger. */
const FORMAT_VERSION = 3;
const RESULT_BYTES = 10;
const NONE = new Uint8Array(0);
const CODES = Object.values(ValidationCode).filter((code) => typeof code !== 'string');
const NO_HEAD: StoredHead = { height: 0n, blockHash: new Uint8Array(0), commitHash: new Uint8Array(0) };

/**
 * What a follower of any ledger keeps in its store: its place, the policy facts and results by transaction id. Reads
 * always ask the store, so one synchronous stretch sees one height; facts are few and kept in memory. Every write
 * happens inside a write transaction.
 */
export class LedgerTables {
  readonly #results: LedgerDatabase;
  readonly #gatedCommits: LedgerDatabase;
  readonly #facts: LedgerDatabase;
  readonly #factBlocks: LedgerDatabase;
  readonly #meta: LedgerDatabase;
  readonly #format: Uint8Array;
  readonly sets: SetTables;
  /** Facts at the synced head. */
  readonly facts: Map<string, Uint8Array>;
  /** Number of the block that set each fact's present value, for people to see; absent in a store that was begun before it was kept. */
  readonly factBlocks: Map<string, bigint>;

  /**
   * Throws LEDGER_CORRUPT when the stored head has a wrong shape, or the store is of an older release.
   * @param formatVersion of what one ledger's followers keep, where that has changed by itself; 0 to 255
   */
  constructor(store: LedgerStore, formatVersion = FORMAT_VERSION) {
    this.#format = Buffer.of(formatVersion);
    this.#results = store.database('results');
    this.#gatedCommits = store.database('gated-commits');
    this.#facts = store.database('facts');
    this.#factBlocks = store.database('fact-blocks');
    this.#meta = store.database('meta');
    this.facts = new Map([...this.#facts.range()].map(({ key, value }) => [Buffer.from(key).toString('utf8'), Uint8Array.from(value)]));
    this.factBlocks = new Map([...this.#factBlocks.range()].map(({ key, value }) => [Buffer.from(key).toString('utf8'), Buffer.from(value).readBigUInt64BE()]));
    this.sets = new SetTables(store);
    this.storedHead();
    const isOlder = this.anchor !== undefined && !equalBytes(this.#meta.get(FORMAT) ?? new Uint8Array(0), this.#format);
    if (isOlder) throw corrupt('the store was begun by an older release; remove it, and the node follows the ledger again from its first block');
  }

  get height(): bigint {
    return this.storedHead().height;
  }

  get blockHash(): Uint8Array {
    return this.storedHead().blockHash;
  }

  /** Digest of the profile under which this state was begun, 32 bytes. */
  get anchor(): Uint8Array | undefined {
    return this.#meta.get(ANCHOR);
  }

  storedHead(): StoredHead {
    const bytes = this.#meta.get(HEAD);
    if (bytes === undefined) return NO_HEAD;
    if (bytes.length !== 72) throw corrupt('the stored head has a wrong length');
    return { height: Buffer.from(bytes).readBigUInt64BE(0), blockHash: bytes.subarray(8, 40), commitHash: bytes.subarray(40, 72) };
  }

  fact(key: string): Uint8Array | undefined {
    return this.facts.get(key);
  }

  factKeys(prefix: string): readonly string[] {
    return [...this.facts.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  result(txId: Uint8Array): TransactionResult | undefined {
    const bytes = this.#results.get(txId);
    return bytes && decodeResult(bytes);
  }

  /** Replaces what stands there; whoever calls knows which result counts. */
  writeResult(txId: Uint8Array, result: TransactionResult): void {
    this.#results.put(txId, encodeResult(result));
  }

  /** What is kept of a valid transaction whose core is gated. */
  gatedCommit(txId: Uint8Array): GatedCommit | undefined {
    const bytes = this.#gatedCommits.get(txId);
    return bytes && { coreDigest: bytes.subarray(0, 32), blockHash: bytes.subarray(32, 64) };
  }

  /** @param cores those of a valid transaction, whose ids nothing else can have */
  writeGatedCommits(cores: readonly GatedCore[], blockHash: Uint8Array): void {
    for (const { txId, coreDigest } of cores) this.#gatedCommits.put(txId, Buffer.concat([coreDigest, blockHash]));
  }

  /** Ends a block's writes. The facts in memory change with adoptFacts, after the sync. */
  writeHead(factUpdates: readonly FactUpdate[], head: StoredHead): void {
    const block = Buffer.alloc(8);
    block.writeBigUInt64BE(blockOf(head));
    for (const { key, value } of factUpdates) {
      putOrRemove(this.#facts, Buffer.from(key, 'utf8'), value);
      putOrRemove(this.#factBlocks, Buffer.from(key, 'utf8'), value && block);
    }
    this.#meta.put(HEAD, encodeHead(head));
  }

  writeAnchor(profileDigest: Uint8Array): void {
    this.#meta.put(ANCHOR, profileDigest);
    this.#meta.put(FORMAT, this.#format);
  }

  /** @param head the one that the block of these changes ended with */
  adoptFacts(factUpdates: readonly FactUpdate[], head: StoredHead): void {
    for (const { key, value } of factUpdates) {
      if (value === undefined) {
        this.facts.delete(key);
        this.factBlocks.delete(key);
        continue;
      }
      // A copy: the value is a view into its whole block.
      this.facts.set(key, Uint8Array.from(value));
      this.factBlocks.set(key, blockOf(head));
    }
  }
}

/** Number of the block after which a head stands. */
function blockOf({ height }: StoredHead): bigint {
  return height - 1n;
}

/** Puts a value, or removes the key. Inside a write transaction. */
export function putOrRemove(table: LedgerDatabase, key: Uint8Array, value: Uint8Array | undefined): void {
  if (value === undefined) table.remove(key);
  else table.put(key, value);
}

function encodeResult({ code, blockNumber, coreDigest = NONE }: TransactionResult): Uint8Array {
  const bytes = Buffer.alloc(RESULT_BYTES);
  bytes.writeUInt16BE(code, 0);
  bytes.writeBigUInt64BE(blockNumber, 2);
  return Buffer.concat([bytes, coreDigest]);
}

function decodeResult(bytes: Uint8Array): TransactionResult {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stored = buffer.readUInt16BE(0);
  const code = CODES.find((known) => known.valueOf() === stored);
  if (code === undefined) throw corrupt(`a stored result has the unknown code ${String(stored)}`);
  const digest = bytes.subarray(RESULT_BYTES);
  return { code, blockNumber: buffer.readBigUInt64BE(2), ...(digest.length === 0 ? {} : { coreDigest: digest }) };
}

function encodeHead({ height, blockHash, commitHash }: StoredHead): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(height);
  return Buffer.concat([bytes, blockHash, commitHash]);
}
