import { equalBytes, fromHex, labelledHash, sha256, toHex } from '@selvedge/crypto';
import { EndingEntries, gatedCoresOf, HistoryHeads, LedgerTables, putOrRemove, type AppliedVersion, type GuardSource, type KeyHistory, type LedgerDatabase, type LedgerStore, type SetWrite, type StateReader, type StoredHead } from '@selvedge/embedded-ledger';
import { collectionLife, collectionOf, entryKeyHash, guardKeyHash, ownerSetOf, policyKeyHash, toValidationCode, type EntryUpdate, type FabricState, type FabricVerdict } from '@selvedge/fabric';
import { endingBlock, type FactUpdate } from '@selvedge/policy';
import { coreDigest, ValidationCode } from '@selvedge/protocol';
import type { FabricEndedEntry } from './applied-block.js';

/** What Fabric said of one of its transactions. */
export interface FabricResult {
  /** peer.TxValidationCode */
  readonly flag: number;
  /** The same as Selvedge says it, see FabricVerdict. */
  readonly code: ValidationCode;
  readonly blockNumber: bigint;
}

const FABRIC_TX_ID = /^[0-9a-f]{64}$/;
/** Raised when a store of an older release lacks what this one needs from the first block on. In 3 other chaincodes' collections were left out, so that whatever they hold would be signed as absent. */
const FORMAT_VERSION = 4;

/**
 * A channel's state in a store. `fabric-entries`: place -> SHA-256 of the private value, for entries, guards and markers
 * alike, as blocks show them, and for every other chaincode's collections. `fabric-guards`: place -> the transaction that a guard names, which blocks show as a hash
 * only. `fabric-key-policies`: place of an entry's policy -> the policy. `fabric-ending`: what peers forget by blockToLive, and when. `fabric-transactions`: Fabric's transaction id -> its code and block.
 */
export class FabricTables extends LedgerTables implements StateReader, FabricState {
  readonly #entries: LedgerDatabase;
  readonly #guards: LedgerDatabase;
  readonly #keyPolicies: LedgerDatabase;
  readonly #transactions: LedgerDatabase;
  readonly #ending: EndingEntries;
  readonly #history: HistoryHeads;

  /** Throws LEDGER_CORRUPT when the stored head has a wrong shape, or the store is of an older release. */
  constructor(store: LedgerStore) {
    super(store, FORMAT_VERSION);
    this.#entries = store.database('fabric-entries');
    this.#guards = store.database('fabric-guards');
    this.#keyPolicies = store.database('fabric-key-policies');
    this.#transactions = store.database('fabric-transactions');
    this.#history = new HistoryHeads(store);
    this.#ending = new EndingEntries(store, 'fabric-ending');
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

  /** Where no response told the policy, the hash that blocks show stands for it: no policy's bytes, so that what rests on it is refused. */
  keyPolicy(contract: string, ownerSet: string, _dataset: string, ledgerKey: Uint8Array): Uint8Array | undefined {
    const place = placeKey(contract, collectionOf(ownerSet), policyKeyHash(ledgerKey));
    const hash = this.#entries.get(place);
    if (hash === undefined) return undefined;
    const policy = this.#keyPolicies.get(place);
    return policy !== undefined && equalBytes(sha256(policy), hash) ? policy : hash;
  }

  /** What other chaincode wrote under the contract's name lies among the entries, under its collection's own name. */
  legacyHash(contract: string, collection: string, keyHash: Uint8Array): Uint8Array | undefined {
    return this.entry(contract, collection, keyHash);
  }

  /** @param fabricTxId hexadecimal */
  fabricResult(fabricTxId: string): FabricResult | undefined {
    const bytes = FABRIC_TX_ID.test(fabricTxId) ? this.#transactions.get(Buffer.from(fabricTxId, 'hex')) : undefined;
    if (bytes === undefined) return undefined;
    return { flag: bytes[0] ?? 0, code: toValidationCode(bytes[1] ?? 0), blockNumber: Buffer.from(bytes).readBigUInt64BE(2) };
  }

  history(contract: string, ownerSet: string, _dataset: string, ledgerKey: Uint8Array): KeyHistory {
    return this.#history.get(placeKey(contract, collectionOf(ownerSet), entryKeyHash(ledgerKey)));
  }

  /** Continues the histories of a block's new versions of world state; inside a write transaction. */
  appendHistory(verdicts: readonly FabricVerdict[]): readonly AppliedVersion[] {
    return verdicts.flatMap(({ entries }) =>
      entries.flatMap(({ namespace: contract, collection, keyHash, valueHash, write, made }) => {
        if (write?.dataset !== WORLD_STATE || made === undefined) return [];
        const { txId, timestampSeconds, timestampNanos } = made;
        const version = { txId, timestampSeconds, timestampNanos, packetHash: valueHash ?? NO_HASH };
        return [{ contract, ownerSet: write.ownerSet, dataset: write.dataset, ledgerKey: write.ledgerKey, ...version, ...this.#history.append(placeKey(contract, collection, keyHash), version) }];
      }),
    );
  }

  /**
   * Writes a block's outcome, and ends what peers forget with it; inside a write transaction. Returns what ended. The
   * facts in memory change with adoptFacts, after the sync.
   */
  writeBlock(verdicts: readonly FabricVerdict[], factUpdates: readonly FactUpdate[], head: StoredHead): readonly FabricEndedEntry[] {
    const blockNumber = head.height - 1n;
    for (const verdict of verdicts) {
      for (const update of verdict.entries) this.#writeEntry(update, blockNumber);
      for (const { namespace, collection, keyHash, valueHash } of verdict.foreign) putOrRemove(this.#entries, placeKey(namespace, collection, keyHash), valueHash);
      this.#writeResults(verdict, blockNumber);
      this.#writeGated(verdict, head.blockHash);
    }
    this.writeHead(factUpdates, head);
    const ended = this.#endEntries(blockNumber);
    this.sets.apply({ height: head.height, writes: verdicts.flatMap(({ entries }) => entries.flatMap(setWrite)), ended: ended.flatMap(setEntry) }, this.#guardSource);
    return ended;
  }

  /** Guards lie among the entries, and end as these do. */
  get #guardSource(): GuardSource {
    return {
      value: ({ contract, ownerSet, dataset }, guardKey) => this.guard(contract, ownerSet, dataset, guardKey),
      endsAt: ({ contract, ownerSet }, height) => {
        const endsWith = endingBlock(height - 1n, collectionLife(this, contract, collectionOf(ownerSet)));
        return endsWith === undefined ? undefined : endsWith + 1n;
      },
    };
  }

  #endEntries(blockNumber: bigint): FabricEndedEntry[] {
    return this.#ending.take(blockNumber).flatMap(({ key, record }) => {
      const { valueHash, ...ended } = decodeEnding(record);
      // Written anew meanwhile: neither packets nor the ids that guards name repeat.
      if (!equalBytes(this.#entries.get(key) ?? NO_HASH, valueHash)) return [];
      this.#entries.remove(key);
      return [ended];
    });
  }

  #writeEntry({ namespace, collection, keyHash, valueHash, guardTxId, keyPolicy, write }: EntryUpdate, blockNumber: bigint): void {
    const key = placeKey(namespace, collection, keyHash);
    putOrRemove(this.#entries, key, valueHash);
    if (guardTxId !== undefined) this.#guards.put(key, guardTxId);
    if (keyPolicy !== undefined) putOrRemove(this.#keyPolicies, key, keyPolicy.length === 0 ? undefined : keyPolicy);
    const endsWith = endingBlock(blockNumber, collectionLife(this, namespace, collection));
    if (valueHash === undefined || endsWith === undefined) return;
    const entry = write && { dataset: write.dataset, ledgerKey: write.ledgerKey };
    this.#ending.schedule(endsWith, { key, record: encodeEnding({ namespace, collection, keyHash, entry, valueHash }) });
  }

  #writeResults({ concerns, fabricTxId, flag, code, txIds, response, mismatch }: FabricVerdict, blockNumber: bigint): void {
    if (concerns && fabricTxId !== undefined && FABRIC_TX_ID.test(fabricTxId)) this.#writeFabricResult(Buffer.from(fabricTxId, 'hex'), { flag, code, blockNumber });
    // The first result stands. But what is VALID wrote its marker: Fabric uses an id up then and not before.
    const isValid = code === ValidationCode.VALID;
    // Where the response is not what was written, what it says of a core counts for nothing.
    const digests = isValid && mismatch === undefined ? (response?.coreBytes.map(coreDigest) ?? []) : [];
    for (const [i, txId] of txIds.entries()) if (isValid || this.result(txId) === undefined) this.writeResult(txId, { code, blockNumber, coreDigest: digests[i] });
  }

  /** Where the response is not what was written, endorsers did not run the approved chaincode: what it says of a core counts for nothing. */
  #writeGated({ code, txIds, response, mismatch }: FabricVerdict, blockHash: Uint8Array): void {
    if (code !== ValidationCode.VALID || txIds.length === 0 || response === undefined || mismatch !== undefined) return;
    this.writeGatedCommits(gatedCoresOf(response.cores, response.coreBytes), blockHash);
  }

  /**
   * Fabric calls a replayed envelope a duplicate: the first one's result stands. But anybody can have an envelope ordered that
   * names another's id: Fabric refuses it, and takes the id's own transaction where it is in the same block.
   */
  #writeFabricResult(id: Uint8Array, { flag, code, blockNumber }: FabricResult): void {
    if (code !== ValidationCode.VALID && this.#transactions.has(id)) return;
    const bytes = Buffer.alloc(10);
    bytes.writeUInt8(flag, 0);
    bytes.writeUInt8(code, 1);
    bytes.writeBigUInt64BE(blockNumber, 2);
    this.#transactions.put(id, bytes);
  }
}

/**
 * A write that the response names. One that it does not name belongs to no set that anyone could tell, so all followers
 * leave it out alike; a set that lacks it agrees with no answer of a business node, which is refused.
 */
function setWrite({ namespace, write, valueHash }: EntryUpdate): SetWrite[] {
  if (write === undefined) return [];
  const { ownerSet, dataset, ledgerKey, datasetTag } = write;
  return [{ contract: namespace, ownerSet, dataset, ledgerKey, datasetTag, version: valueHash }];
}

function setEntry({ namespace, collection, entry }: FabricEndedEntry): Omit<SetWrite, 'datasetTag' | 'version'>[] {
  const ownerSet = ownerSetOf(collection);
  return entry === undefined || ownerSet === undefined ? [] : [{ contract: namespace, ownerSet, ...entry }];
}

const WORLD_STATE = '';
const NO_HASH = new Uint8Array(0);

type ScheduledEntry = FabricEndedEntry & { readonly valueHash: Uint8Array };

function encodeEnding({ namespace, collection, keyHash, entry, valueHash }: ScheduledEntry): Buffer {
  return Buffer.from(JSON.stringify([namespace, collection, toHex(keyHash), toHex(valueHash), ...(entry === undefined ? [] : [entry.dataset, toHex(entry.ledgerKey)])]));
}

function decodeEnding(record: Uint8Array): ScheduledEntry {
  const [namespace, collection, keyHash, valueHash, dataset, ledgerKey] = JSON.parse(Buffer.from(record).toString('utf8')) as [string, string, string, string, string?, string?];
  const entry = dataset === undefined || ledgerKey === undefined ? undefined : { dataset, ledgerKey: fromHex(ledgerKey) };
  return { namespace, collection, keyHash: fromHex(keyHash), entry, valueHash: fromHex(valueHash) };
}

function placeKey(namespace: string, collection: string, keyHash: Uint8Array): Uint8Array {
  return labelledHash('fabric entry', namespace, collection, keyHash);
}
