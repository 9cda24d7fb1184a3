import type { Core } from './gen/selvedge/v1/target_data_pb.js';

/** What stands on the ledger. Keys are 32 bytes; undefined: absent. */
export interface EntryReader {
  version(contract: string, ownerSet: string, dataset: string, ledgerKey: Uint8Array): Uint8Array | undefined;
  guard(contract: string, ownerSet: string, dataset: string, guardKey: Uint8Array): Uint8Array | undefined;
  keyPolicy(contract: string, ownerSet: string, dataset: string, ledgerKey: Uint8Array): Uint8Array | undefined;
}

/** The ledger as an item of a batch meets it: with what the kept items before it write. */
export interface ItemOverlay extends EntryReader {
  /** Whether an item before has set or ended the key's own policy. */
  isKeyPolicyChanged(contract: string, ownerSet: string, dataset: string, ledgerKey: Uint8Array): boolean;
  /** Lays one more item over it. */
  apply(core: Core): void;
}

/** Lays items over what stands, in order: what a batch means to everybody who judges one. */
export function createItemOverlay(base: EntryReader): ItemOverlay {
  const versions = new Map<string, Uint8Array | undefined>();
  const guards = new Map<string, Uint8Array>();
  const keyPolicies = new Map<string, Uint8Array | undefined>();
  // Laid when somebody reads over it: of what is not in a batch, nobody does.
  const waiting: Core[] = [];
  const lay = ({ txId, sections }: Core): void => {
    for (const { contract, writes, guardsWritten } of sections) {
      for (const { ownerSet, dataset, ledgerKey, effect, keyPolicy } of writes) {
        const id = placeText([contract, ownerSet, dataset, ledgerKey]);
        const isRemoval = effect.case === 'delete' || effect.case === 'purge';
        if (effect.case === 'packetHash') versions.set(id, effect.value);
        if (isRemoval) versions.set(id, undefined);
        // A key that is removed loses its policy.
        if (isRemoval || keyPolicy !== undefined) keyPolicies.set(id, keyPolicy === undefined || keyPolicy.length === 0 ? undefined : keyPolicy);
      }
      for (const { ownerSet, dataset, guardKey } of guardsWritten) guards.set(placeText([contract, ownerSet, dataset, guardKey]), txId);
    }
  };
  const layWaiting = (): void => {
    for (const core of waiting.splice(0)) lay(core);
  };
  const read = <T>(laid: ReadonlyMap<string, T>, fromBase: EntryReader['version'], place: Place): T | Uint8Array | undefined => {
    layWaiting();
    const id = laid.size === 0 ? undefined : placeText(place);
    return id !== undefined && laid.has(id) ? laid.get(id) : fromBase(...place);
  };
  return {
    version: (...place) => read(versions, (...at) => base.version(...at), place),
    guard: (...place) => read(guards, (...at) => base.guard(...at), place),
    keyPolicy: (...place) => read(keyPolicies, (...at) => base.keyPolicy(...at), place),
    isKeyPolicyChanged(...place) {
      layWaiting();
      return keyPolicies.has(placeText(place));
    },
    apply(core) {
      waiting.push(core);
    },
  };
}

type Place = readonly [contract: string, ownerSet: string, dataset: string, key: Uint8Array];

// The last part has a fixed length and comes first, so that no two places give one text.
function placeText([contract, ownerSet, dataset, key]: Place): string {
  return `${Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')}${String(contract.length)}:${contract}${String(ownerSet.length)}:${ownerSet}${dataset}`;
}

/** The dropped items and those that rest on one, directly or not: whose reads name what a dropped item was the last to write. */
export function withDependents(cores: readonly Core[], dropped: ReadonlySet<number>): Set<number> {
  const all = new Set(dropped);
  const lastWriter = new Map<string, number>();
  cores.forEach((core, item) => {
    const reads = core.sections.flatMap(({ contract, reads: entries, keyPolicyReads, guardsRead }) => [
      ...[...entries, ...keyPolicyReads].map(({ ownerSet, dataset, ledgerKey }) => placeText([contract, ownerSet, dataset, ledgerKey])),
      ...guardsRead.map(({ ownerSet, dataset, guardKey }) => placeText([contract, ownerSet, dataset, guardKey])),
    ]);
    if (reads.some((read) => all.has(lastWriter.get(read) ?? -1))) all.add(item);
    for (const { contract, writes, guardsWritten } of core.sections) {
      for (const { ownerSet, dataset, ledgerKey } of writes) lastWriter.set(placeText([contract, ownerSet, dataset, ledgerKey]), item);
      for (const { ownerSet, dataset, guardKey } of guardsWritten) lastWriter.set(placeText([contract, ownerSet, dataset, guardKey]), item);
    }
  });
  return all;
}
