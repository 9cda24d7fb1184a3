import { collectionOf, entryKey, guardEntryKey, MARKER_COLLECTION, markerKey, OWNERS_TOUCH_KEY, policyEntryKey } from '@selvedge/fabric';
import type { ContractSection, Core } from '@selvedge/protocol';
import type { ContractRules } from '../../domain/contract-rules.js';

/** A key of one of the contract's private data collections. */
export interface PrivateEntry {
  readonly collection: string;
  readonly key: string;
}

/** The entry as one text, for maps and sets. */
export function entryId({ collection, key }: PrivateEntry): string {
  return `${collection}/${key}`;
}

/** Where an owner set keeps an entry. Throws INVALID_CONFIGURATION for a name that Fabric would refuse. */
export function dataEntry(ownerSet: string, ledgerKey: Uint8Array): PrivateEntry {
  return { collection: collectionOf(ownerSet), key: entryKey(ledgerKey) };
}

/** Where an owner set keeps a guard. Throws INVALID_CONFIGURATION for a name that Fabric would refuse. */
export function guardEntry(ownerSet: string, guardKey: Uint8Array): PrivateEntry {
  return { collection: collectionOf(ownerSet), key: guardEntryKey(guardKey) };
}

/** Where an owner set keeps an entry's own endorsement policy. Throws INVALID_CONFIGURATION for a name that Fabric would refuse. */
export function policyEntry(ownerSet: string, ledgerKey: Uint8Array): PrivateEntry {
  return { collection: collectionOf(ownerSet), key: policyEntryKey(ledgerKey) };
}

/** What a transaction touches in an owner set that it writes. Throws INVALID_CONFIGURATION for a name that Fabric would refuse. */
export function touchEntry(ownerSet: string): PrivateEntry {
  return { collection: collectionOf(ownerSet), key: OWNERS_TOUCH_KEY };
}

/** Where a contract keeps the marker of a transaction. */
export function markerEntry(txId: Uint8Array): PrivateEntry {
  return { collection: MARKER_COLLECTION, key: markerKey(txId) };
}

/**
 * Entries whose hashes verifyTargetData compares: the marker, each read, each guard and each key's policy that was read. Owner sets that
 * the contract's policy does not name have no collection; target data that names one is refused before it is read.
 */
export function requiredEntries(core: Core, section: ContractSection, { ownerSets }: ContractRules): PrivateEntry[] {
  return [
    markerEntry(core.txId),
    ...section.reads.filter(({ ownerSet }) => ownerSets.has(ownerSet)).map(({ ownerSet, ledgerKey }) => dataEntry(ownerSet, ledgerKey)),
    ...section.keyPolicyReads.filter(({ ownerSet }) => ownerSets.has(ownerSet)).map(({ ownerSet, ledgerKey }) => policyEntry(ownerSet, ledgerKey)),
    ...section.guardsRead.filter(({ ownerSet }) => ownerSets.has(ownerSet)).map(({ ownerSet, guardKey }) => guardEntry(ownerSet, guardKey)),
  ];
}
