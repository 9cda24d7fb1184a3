import type { WriteEntry } from './gen/selvedge/v1/target_data_pb.js';

/** What stands on the ledger. Keys are 32 bytes; undefined: absent. */
export interface EntryReader {
  version(contract: string, ownerSet: string, dataset: string, ledgerKey: Uint8Array): Uint8Array | undefined;
  guard(contract: string, ownerSet: string, dataset: string, guardKey: Uint8Array): Uint8Array | undefined;
  keyPolicy(contract: string, ownerSet: string, dataset: string, ledgerKey: Uint8Array): Uint8Array | undefined;
}

/** Where an entry, a guard or a key's policy lies. */
export type EntryPlace = readonly [contract: string, ownerSet: string, dataset: string, key: Uint8Array];

/** What stands, with what was laid over it since. */
export interface EntryOverlay extends EntryReader {
  /** Whether a key's own policy was laid over, be it with none. */
  isKeyPolicyChanged(...place: EntryPlace): boolean;
  /** undefined: the key is removed. */
  putVersion(place: EntryPlace, version: Uint8Array | undefined): void;
  putGuard(place: EntryPlace, txId: Uint8Array): void;
  /** undefined: the key has none any more. */
  putKeyPolicy(place: EntryPlace, policy: Uint8Array | undefined): void;
}

/** Begins with nothing laid over what stands. */
export function createEntryOverlay(base: EntryReader): EntryOverlay {
  const versions = new Map<string, Uint8Array | undefined>();
  const guards = new Map<string, Uint8Array | undefined>();
  const keyPolicies = new Map<string, Uint8Array | undefined>();
  const read = (laid: ReadonlyMap<string, Uint8Array | undefined>, fromBase: EntryReader['version'], place: EntryPlace): Uint8Array | undefined => {
    // Texts are made where there is something to find.
    const id = laid.size === 0 ? undefined : placeText(place);
    return id !== undefined && laid.has(id) ? laid.get(id) : fromBase(...place);
  };
  return {
    version: (...place) => read(versions, (...at) => base.version(...at), place),
    guard: (...place) => read(guards, (...at) => base.guard(...at), place),
    keyPolicy: (...place) => read(keyPolicies, (...at) => base.keyPolicy(...at), place),
    isKeyPolicyChanged: (...place) => keyPolicies.has(placeText(place)),
    putVersion: (place, version) => void versions.set(placeText(place), version),
    putGuard: (place, txId) => void guards.set(placeText(place), txId),
    putKeyPolicy: (place, policy) => void keyPolicies.set(placeText(place), policy),
  };
}

/** A text of its own for each place. */
// The last part has a fixed length and comes first, so that no two places give one text.
export function placeText([contract, ownerSet, dataset, key]: EntryPlace): string {
  return `${Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')}${String(contract.length)}:${contract}${String(ownerSet.length)}:${ownerSet}${dataset}`;
}

/** Whether a write takes its key away. */
export function isRemoval({ effect }: Pick<WriteEntry, 'effect'>): boolean {
  return effect.case === 'delete' || effect.case === 'purge';
}

/**
 * What a write makes of its key's own endorsement policy: 'kept' as it is, or what the key has from then on, empty for none.
 * A key that is removed loses its policy.
 */
export function keyPolicyAfter(write: Pick<WriteEntry, 'effect' | 'keyPolicy'>): Uint8Array | 'kept' {
  if (isRemoval(write)) return NONE;
  return write.keyPolicy ?? 'kept';
}

const NONE = new Uint8Array(0);
