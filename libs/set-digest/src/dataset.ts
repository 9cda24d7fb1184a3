import { labelledHash, sha256 } from '@selvedge/crypto';
import { buildSetRoot } from './build.js';
import type { SetChange } from './update.js';
import { pairOf, type SetRoot } from './hashes.js';

/** An entry of a dataset, as far as digests go; 32 bytes each. */
export interface TaggedEntry {
  readonly datasetTag: Uint8Array;
  readonly ledgerKey: Uint8Array;
  readonly packetHash: Uint8Array;
}

/** What a dataset's tree holds of one tag: SHA-256(tag), and a hash of that tag's root and count; no value when it has no entry. */
export function tagChange(datasetTag: Uint8Array, { root, count }: SetRoot): SetChange {
  return { key: sha256(datasetTag), value: count === 0n ? undefined : labelledHash('set/tag', root, count) };
}

/** The digest of entries that are all of one tag. Throws STATE_FORGED when one comes twice. */
export function tagRoot(entries: readonly Omit<TaggedEntry, 'datasetTag'>[]): SetRoot {
  return buildSetRoot(entries.map(({ ledgerKey, packetHash }) => pairOf(ledgerKey, packetHash)));
}

/**
 * The digest of a whole dataset: a tree over the digests of its tags, so that a follower that keeps those keeps this one
 * for the price of one more key. The count is of all entries. Throws STATE_FORGED when an entry comes twice under a tag.
 */
export function datasetRoot(entries: readonly TaggedEntry[]): SetRoot {
  const byTag = new Map<string, TaggedEntry[]>();
  for (const entry of entries) {
    const tag = Buffer.from(entry.datasetTag).toString('latin1');
    const own = byTag.get(tag);
    if (own === undefined) byTag.set(tag, [entry]);
    else own.push(entry);
  }
  const tags = [...byTag].flatMap(([tag, own]) => {
    const { key, value } = tagChange(Buffer.from(tag, 'latin1'), tagRoot(own));
    return value === undefined ? [] : [{ key, value }];
  });
  return { root: buildSetRoot(tags).root, count: BigInt(entries.length) };
}
