import { createEntryOverlay, isRemoval, keyPolicyAfter, placeText, type EntryOverlay, type EntryPlace, type EntryReader } from './entry-overlay.js';
import type { Core } from './gen/selvedge/v1/target_data_pb.js';

/** The ledger as an item of a batch meets it: with what the kept items before it write. */
export interface ItemOverlay extends EntryReader {
  /** Whether an item before has set or ended the key's own policy. */
  isKeyPolicyChanged(...place: EntryPlace): boolean;
  /** Lays one more item over it. */
  apply(core: Core): void;
}

/** Lays items over what stands, in order: what a batch means to everybody who judges one. */
export function createItemOverlay(base: EntryReader): ItemOverlay {
  const overlay = createEntryOverlay(base);
  // Laid when somebody reads over it: of what is not in a batch, nobody does.
  const waiting: Core[] = [];
  const laid = (): EntryOverlay => {
    for (const core of waiting.splice(0)) layItem(overlay, core);
    return overlay;
  };
  return {
    version: (...place) => laid().version(...place),
    guard: (...place) => laid().guard(...place),
    keyPolicy: (...place) => laid().keyPolicy(...place),
    isKeyPolicyChanged: (...place) => laid().isKeyPolicyChanged(...place),
    apply(core) {
      waiting.push(core);
    },
  };
}

function layItem(overlay: EntryOverlay, { txId, sections }: Core): void {
  for (const { contract, writes, guardsWritten } of sections) {
    for (const write of writes) {
      const place = [contract, write.ownerSet, write.dataset, write.ledgerKey] as const;
      if (write.effect.case === 'packetHash') overlay.putVersion(place, write.effect.value);
      if (isRemoval(write)) overlay.putVersion(place, undefined);
      const policy = keyPolicyAfter(write);
      if (policy !== 'kept') overlay.putKeyPolicy(place, policy.length === 0 ? undefined : policy);
    }
    for (const { ownerSet, dataset, guardKey } of guardsWritten) overlay.putGuard([contract, ownerSet, dataset, guardKey], txId);
  }
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
