import type { FactUpdate } from '@selvedge/policy';
import type { KeyHistory } from '../adapters/history-heads.js';
import type { BlockState, StateReader, TransactionResult } from '../ports.js';
import type { Verdict } from './verdict.js';

/**
 * The state as a transaction inside a block meets it: the synced state with the effects of the block's earlier
 * transactions over it.
 */
export class StateOverlay implements BlockState {
  readonly #base: StateReader;
  readonly #versions = new Map<string, Uint8Array | undefined>();
  readonly #guards = new Map<string, Uint8Array>();
  readonly #keyPolicies = new Map<string, Uint8Array | undefined>();
  readonly #facts = new Map<string, Uint8Array | undefined>();
  readonly #results = new Map<string, TransactionResult>();

  constructor(base: StateReader) {
    this.#base = base;
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

  version(contract: string, ownerSet: string, dataset: string, ledgerKey: Uint8Array): Uint8Array | undefined {
    if (this.#versions.size > 0) {
      const key = entryText(contract, ownerSet, dataset, ledgerKey);
      if (this.#versions.has(key)) return this.#versions.get(key);
    }
    return this.#base.version(contract, ownerSet, dataset, ledgerKey);
  }

  guard(contract: string, ownerSet: string, dataset: string, guardKey: Uint8Array): Uint8Array | undefined {
    const written = this.#guards.size > 0 ? this.#guards.get(entryText(contract, ownerSet, dataset, guardKey)) : undefined;
    return written ?? this.#base.guard(contract, ownerSet, dataset, guardKey);
  }

  keyPolicy(contract: string, ownerSet: string, dataset: string, ledgerKey: Uint8Array): Uint8Array | undefined {
    const key = entryText(contract, ownerSet, dataset, ledgerKey);
    return this.#keyPolicies.has(key) ? this.#keyPolicies.get(key) : this.#base.keyPolicy(contract, ownerSet, dataset, ledgerKey);
  }

  isKeyPolicyNew(contract: string, ownerSet: string, dataset: string, ledgerKey: Uint8Array): boolean {
    return this.#keyPolicies.has(entryText(contract, ownerSet, dataset, ledgerKey));
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
    for (const { contract, ownerSet, dataset, ledgerKey, version } of updates.versions) this.#versions.set(entryText(contract, ownerSet, dataset, ledgerKey), version);
    for (const { contract, ownerSet, dataset, guardKey, txId: writer } of updates.guards) this.#guards.set(entryText(contract, ownerSet, dataset, guardKey), writer);
    for (const { contract, ownerSet, dataset, ledgerKey, policy } of updates.keyPolicies) this.#keyPolicies.set(entryText(contract, ownerSet, dataset, ledgerKey), policy);
    for (const { key, value } of updates.facts) this.#facts.set(key, value);
  }
}

// The last part has a fixed length and comes first, so that no two tuples give one text.
function entryText(contract: string, ownerSet: string, dataset: string, key: Uint8Array): string {
  return `${bytesText(key)}${String(contract.length)}:${contract}${String(ownerSet.length)}:${ownerSet}${dataset}`;
}

function bytesText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
