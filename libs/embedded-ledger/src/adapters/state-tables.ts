import { labelledHash } from '@selvedge/crypto';
import type { FactUpdate } from '@selvedge/policy';
import { ValidationCode } from '@selvedge/protocol';
import { corrupt } from '../domain/block.js';
import type { Verdict } from '../domain/verdict.js';
import type { StateReader, TransactionResult } from '../ports.js';
import type { LedgerDatabase, LedgerStore } from '../store.js';

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
const CODES = Object.values(ValidationCode).filter((code) => typeof code !== 'string');
const NO_HEAD: StoredHead = { height: 0n, blockHash: new Uint8Array(0), commitHash: new Uint8Array(0) };

/**
 * The ledger's state in a store: keys are digests, so that entries are small and equal in size. Reads always ask the
 * store, so one synchronous stretch sees one height; facts are few and kept in memory.
 */
export class StateTables implements StateReader {
  readonly #versions: LedgerDatabase;
  readonly #guards: LedgerDatabase;
  readonly #results: LedgerDatabase;
  readonly #facts: LedgerDatabase;
  readonly #meta: LedgerDatabase;
  /** Facts at the synced head. */
  readonly facts: Map<string, Uint8Array>;

  /** Throws LEDGER_CORRUPT when the stored head has a wrong shape. */
  constructor(store: LedgerStore) {
    this.#versions = store.database('versions');
    this.#guards = store.database('guards');
    this.#results = store.database('results');
    this.#facts = store.database('facts');
    this.#meta = store.database('meta');
    this.facts = new Map([...this.#facts.range()].map(({ key, value }) => [Buffer.from(key).toString('utf8'), Uint8Array.from(value)]));
    this.storedHead();
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

  version(contract: string, ownerSet: string, dataset: string, ledgerKey: Uint8Array): Uint8Array | undefined {
    return this.#versions.get(entryKey(contract, ownerSet, dataset, ledgerKey));
  }

  guard(contract: string, ownerSet: string, dataset: string, guardKey: Uint8Array): Uint8Array | undefined {
    return this.#guards.get(entryKey(contract, ownerSet, dataset, guardKey));
  }

  result(txId: Uint8Array): TransactionResult | undefined {
    const bytes = this.#results.get(txId);
    if (bytes === undefined) return undefined;
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return { code: validationCode(buffer.readUInt16BE(0)), blockNumber: buffer.readBigUInt64BE(2) };
  }

  /** Writes a block's outcome; inside a write transaction. The facts in memory change with adoptFacts, after the sync. */
  writeBlock(verdicts: readonly Verdict[], factUpdates: readonly FactUpdate[], head: StoredHead): void {
    for (const { txId, code, updates } of verdicts) {
      if (txId !== undefined && !this.#results.has(txId)) this.#results.put(txId, resultBytes(code, head.height - 1n));
      for (const { contract, ownerSet, dataset, ledgerKey, version } of updates.versions) {
        putOrRemove(this.#versions, entryKey(contract, ownerSet, dataset, ledgerKey), version);
      }
      for (const { contract, ownerSet, dataset, guardKey, txId: writer } of updates.guards) {
        this.#guards.put(entryKey(contract, ownerSet, dataset, guardKey), writer);
      }
    }
    for (const { key, value } of factUpdates) putOrRemove(this.#facts, Buffer.from(key, 'utf8'), value);
    this.#meta.put(HEAD, headBytes(head));
  }

  writeAnchor(profileDigest: Uint8Array): void {
    this.#meta.put(ANCHOR, profileDigest);
  }

  adoptFacts(factUpdates: readonly FactUpdate[]): void {
    for (const { key, value } of factUpdates) {
      if (value === undefined) this.facts.delete(key);
      // A copy: the value is a view into its whole block.
      else this.facts.set(key, Uint8Array.from(value));
    }
  }
}

function entryKey(contract: string, ownerSet: string, dataset: string, key: Uint8Array): Uint8Array {
  return labelledHash('ledger entry', contract, ownerSet, dataset, key);
}

function putOrRemove(table: LedgerDatabase, key: Uint8Array, value: Uint8Array | undefined): void {
  if (value === undefined) table.remove(key);
  else table.put(key, value);
}

function resultBytes(code: ValidationCode, blockNumber: bigint): Uint8Array {
  const bytes = Buffer.alloc(10);
  bytes.writeUInt16BE(code, 0);
  bytes.writeBigUInt64BE(blockNumber, 2);
  return bytes;
}

function validationCode(stored: number): ValidationCode {
  const code = CODES.find((known) => known.valueOf() === stored);
  if (code === undefined) throw corrupt(`a stored result has the unknown code ${String(stored)}`);
  return code;
}

function headBytes({ height, blockHash, commitHash }: StoredHead): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(height);
  return Buffer.concat([bytes, blockHash, commitHash]);
}
