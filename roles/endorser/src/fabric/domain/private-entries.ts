import { toHex } from '@selvedge/crypto';
import { collectionOf, entryKey, guardEntryKey, type ledgerReadsOfItems, MARKER_COLLECTION, markerKey, OWNERS_TOUCH_KEY, policyEntryKey } from '@selvedge/fabric';
import type { Core } from '@selvedge/protocol';
import type { LegacyKeys } from '../../domain/check-legacy.js';
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

/** Where the collection that a dataset takes over keeps an entry. @param key as the chaincode wrote it */
export function legacyEntry(dataset: string, key: string): PrivateEntry {
  return { collection: dataset, key };
}

/** Where a contract keeps the marker of a transaction. */
export function markerEntry(txId: Uint8Array): PrivateEntry {
  return { collection: MARKER_COLLECTION, key: markerKey(txId) };
}

/**
 * Entries whose hashes verifyTargetData compares: each item's marker, and each read, guard and key's policy that was read on
 * the ledger, once; and each entry that is read in a collection that is taken over. Owner sets that the contract's policy does not name have no collection; target data that names one is
 * refused before it is read.
 */
export function requiredEntries(cores: readonly Core[], { contract, reads, keyPolicyReads, guardsRead }: ContractReads, { ownerSets, datasets }: ContractRules, legacyKeys: LegacyKeys): PrivateEntry[] {
  const isKnown = ({ ownerSet }: { readonly ownerSet: string }): boolean => ownerSets.has(ownerSet);
  const entries = [
    ...cores.filter(({ sections }) => sections.some((section) => section.contract === contract)).map(({ txId }) => markerEntry(txId)),
    ...reads.filter(isKnown).map(({ ownerSet, ledgerKey }) => dataEntry(ownerSet, ledgerKey)),
    ...keyPolicyReads.filter(isKnown).map(({ ownerSet, ledgerKey }) => policyEntry(ownerSet, ledgerKey)),
    ...reads.filter(({ dataset }) => datasets.get(dataset)?.takesOver === true).flatMap(({ dataset, legacyKeyHash }) => {
      const key = legacyKeys.get(toHex(legacyKeyHash));
      return key === undefined ? [] : [legacyEntry(dataset, key)];
    }),
    ...guardsRead.filter(isKnown).map(({ ownerSet, guardKey }) => guardEntry(ownerSet, guardKey)),
  ];
  return [...new Map(entries.map((entry) => [entryId(entry), entry])).values()];
}

/** What a batch reads of one contract on the ledger. */
export type ContractReads = ReturnType<typeof ledgerReadsOfItems> & { readonly contract: string };
