import type { FactUpdate } from '@selvedge/policy';
import { createEntryOverlay, type EntryOverlay, type EntryPlace } from '@selvedge/protocol';
import type { KeyHistory } from '../adapters/history-heads.js';
import type { BlockState, StateReader, TransactionResult } from '../ports.js';
import type { Verdict } from './verdict.js';

/**
 * The state as a transaction inside a block meets it: the synced state with the effects of the block's earlier
 * transactions over it.
 */
export class StateOverlay implements BlockState {
  readonly #base: StateReader;
  readonly #entries: EntryOverlay;
  readonly #facts = new Map<string, Uint8Array | undefined>();
  readonly #results = new Map<string, TransactionResult>();

  constructor(base: StateReader) {
    this.#base = base;
    this.#entries = createEntryOverlay(base);
  }

  get height(): bigint {
    return this.#base.height;
  }

  get blockHash(): Uint8Array {
    return this.#base.blockHash;
  }

  /** Facts that the block has changed so far. */
  get factUpdates(): readonly FactUpdate[] {
    return [...this.#facts].map(([key, value]) => ({ key, value }));
  }

  fact(key: string): Uint8Array | undefined {
    return this.#facts.has(key) ? this.#facts.get(key) : this.#base.fact(key);
  }

  factKeys(prefix: string): readonly string[] {
    const keys = new Set([...this.#base.factKeys(prefix), ...[...this.#facts.keys()].filter((key) => key.startsWith(prefix))]);
    return [...keys].filter((key) => this.fact(key) !== undefined).sort();
  }

  version(...place: EntryPlace): Uint8Array | undefined {
    return this.#entries.version(...place);
  }

  guard(...place: EntryPlace): Uint8Array | undefined {
    return this.#entries.guard(...place);
  }

  keyPolicy(...place: EntryPlace): Uint8Array | undefined {
    return this.#entries.keyPolicy(...place);
  }

  isKeyPolicyNew(...place: EntryPlace): boolean {
    return this.#entries.isKeyPolicyChanged(...place);
  }

  /** Of the synced state: no verdict depends on it. */
  history(contract: string, ownerSet: string, dataset: string, ledgerKey: Uint8Array): KeyHistory {
    return this.#base.history(contract, ownerSet, dataset, ledgerKey);
  }

  result(txId: Uint8Array): TransactionResult | undefined {
    return this.#results.get(bytesText(txId)) ?? this.#base.result(txId);
  }

  /** Lays a transaction's outcome over the state. An id keeps its first result. */
  apply({ txIds, code, updates }: Pick<Verdict, 'txIds' | 'code' | 'updates'>): void {
    for (const txId of txIds) if (this.result(txId) === undefined) this.#results.set(bytesText(txId), { code, blockNumber: this.height });
    for (const { contract, ownerSet, dataset, ledgerKey, version } of updates.versions) this.#entries.putVersion([contract, ownerSet, dataset, ledgerKey], version);
    for (const { contract, ownerSet, dataset, guardKey, txId: writer } of updates.guards) this.#entries.putGuard([contract, ownerSet, dataset, guardKey], writer);
    for (const { contract, ownerSet, dataset, ledgerKey, policy } of updates.keyPolicies) this.#entries.putKeyPolicy([contract, ownerSet, dataset, ledgerKey], policy);
    for (const { key, value } of updates.facts) this.#facts.set(key, value);
  }
}

function bytesText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
