import { equalBytes, labelledHash, sha256 } from '@selvedge/crypto';
import { LedgerTables, putOrRemove, type LedgerDatabase, type LedgerStore, type StateReader, type StoredHead } from '@selvedge/embedded-ledger';
import { collectionOf, entryKeyHash, guardKeyHash, toValidationCode, type FabricState, type FabricVerdict } from '@selvedge/fabric';
import type { FactUpdate } from '@selvedge/policy';
import { ValidationCode } from '@selvedge/protocol';

/** What Fabric said of one of its transactions. */
export interface FabricResult {
  /** peer.TxValidationCode */
  readonly flag: number;
  /** The same as Selvedge says it, see FabricVerdict. */
  readonly code: ValidationCode;
  readonly blockNumber: bigint;
}

const FABRIC_TX_ID = /^[0-9a-f]{64}$/;

/**
 * A channel's state in a store. `fabric-entries`: place -> SHA-256 of the private value, for entries, guards and markers
 * alike, as blocks show them. `fabric-guards`: place -> the transaction that a guard names, which blocks show as a hash
 * only. `fabric-transactions`: Fabric's transaction id -> its code and block.
 */
export class FabricTables extends LedgerTables implements StateReader, FabricState {
  readonly #entries: LedgerDatabase;
  readonly #guards: LedgerDatabase;
  readonly #transactions: LedgerDatabase;

  /** Throws LEDGER_CORRUPT when the stored head has a wrong shape. */
  constructor(store: LedgerStore) {
    super(store);
    this.#entries = store.database('fabric-entries');
    this.#guards = store.database('fabric-guards');
    this.#transactions = store.database('fabric-transactions');
  }

  entry(namespace: string, collection: string, keyHash: Uint8Array): Uint8Array | undefined {
    return this.#entries.get(placeKey(namespace, collection, keyHash));
  }

  /** A packet's SHA-256 is its version, and the value's SHA-256 is what blocks show. */
  version(contract: string, ownerSet: string, _dataset: string, ledgerKey: Uint8Array): Uint8Array | undefined {
    return this.entry(contract, collectionOf(ownerSet), entryKeyHash(ledgerKey));
  }

  /** Where no response named the guard's writer, the hash that blocks show stands for it: nobody's id, so that what rests on it is refused. */
  guard(contract: string, ownerSet: string, _dataset: string, guardKey: Uint8Array): Uint8Array | undefined {
    const place = placeKey(contract, collectionOf(ownerSet), guardKeyHash(guardKey));
    const hash = this.#entries.get(place);
    if (hash === undefined) return undefined;
    const txId = this.#guards.get(place);
    return txId !== undefined && equalBytes(sha256(txId), hash) ? txId : hash;
  }

  /** @param fabricTxId hexadecimal */
  fabricResult(fabricTxId: string): FabricResult | undefined {
    const bytes = FABRIC_TX_ID.test(fabricTxId) ? this.#transactions.get(Buffer.from(fabricTxId, 'hex')) : undefined;
    if (bytes === undefined) return undefined;
    return { flag: bytes[0] ?? 0, code: toValidationCode(bytes[1] ?? 0), blockNumber: Buffer.from(bytes).readBigUInt64BE(2) };
  }

  /** Writes a block's outcome; inside a write transaction. The facts in memory change with adoptFacts, after the sync. */
  writeBlock(verdicts: readonly FabricVerdict[], factUpdates: readonly FactUpdate[], head: StoredHead): void {
    const blockNumber = head.height - 1n;
    for (const verdict of verdicts) {
      for (const { namespace, collection, keyHash, valueHash, guardTxId } of verdict.entries) {
        const place = placeKey(namespace, collection, keyHash);
        putOrRemove(this.#entries, place, valueHash);
        if (guardTxId !== undefined) this.#guards.put(place, guardTxId);
      }
      this.#writeResults(verdict, blockNumber);
    }
    this.writeHead(factUpdates, head);
  }

  #writeResults({ concerns, fabricTxId, flag, code, txId }: FabricVerdict, blockNumber: bigint): void {
    if (concerns && fabricTxId !== undefined && FABRIC_TX_ID.test(fabricTxId)) this.#writeFabricResult(Buffer.from(fabricTxId, 'hex'), { flag, code, blockNumber });
    // The first result stands. But what is VALID wrote its marker: Fabric uses an id up then and not before.
    if (txId !== undefined && (code === ValidationCode.VALID || this.result(txId) === undefined)) this.writeResult(txId, { code, blockNumber });
  }

  /** Fabric calls a replayed envelope a duplicate: the first one's result stands. */
  #writeFabricResult(id: Uint8Array, { flag, code, blockNumber }: FabricResult): void {
    if (this.#transactions.has(id)) return;
    const bytes = Buffer.alloc(10);
    bytes.writeUInt8(flag, 0);
    bytes.writeUInt8(code, 1);
    bytes.writeBigUInt64BE(blockNumber, 2);
    this.#transactions.put(id, bytes);
  }
}

function placeKey(namespace: string, collection: string, keyHash: Uint8Array): Uint8Array {
  return labelledHash('fabric entry', namespace, collection, keyHash);
}
