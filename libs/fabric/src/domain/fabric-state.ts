import type { FactReader, FactUpdate } from '@selvedge/policy';
import { placeText } from './key-hashes.js';
import type { EntryUpdate } from './match-writes.js';

/** The channel's state as its blocks show it. */
export interface FabricState extends FactReader {
  /** SHA-256 of the private value under a private key's hash, 32 bytes; undefined: absent. */
  entry(namespace: string, collection: string, keyHash: Uint8Array): Uint8Array | undefined;
}

/** The state as a transaction inside a block meets it: the stored state with the writes of the block's earlier transactions over it. */
export class FabricStateOverlay implements FabricState {
  readonly #base: FabricState;
  readonly #entries = new Map<string, Uint8Array | undefined>();
  readonly #facts = new Map<string, Uint8Array | undefined>();

  constructor(base: FabricState) {
    this.#base = base;
  }

  /** Net change of the facts so far. */
  get factUpdates(): readonly FactUpdate[] {
    return [...this.#facts].map(([key, value]) => ({ key, value }));
  }

  entry(namespace: string, collection: string, keyHash: Uint8Array): Uint8Array | undefined {
    const place = placeText(namespace, collection, keyHash);
    return this.#entries.has(place) ? this.#entries.get(place) : this.#base.entry(namespace, collection, keyHash);
  }

  fact(key: string): Uint8Array | undefined {
    return this.#facts.has(key) ? this.#facts.get(key) : this.#base.fact(key);
  }

  apply(entries: readonly Pick<EntryUpdate, 'namespace' | 'collection' | 'keyHash' | 'valueHash'>[], facts: readonly FactUpdate[]): void {
    for (const { namespace, collection, keyHash, valueHash } of entries) this.#entries.set(placeText(namespace, collection, keyHash), valueHash);
    for (const { key, value } of facts) this.#facts.set(key, value);
  }
}
