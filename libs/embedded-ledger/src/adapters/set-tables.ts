import { equalBytes, labelledHash, sha256 } from '@selvedge/crypto';
import { contentGuardKey, membershipGuardKey } from '@selvedge/protocol';
import { EMPTY_SET, tagChange, updateSet, type PageStore, type SetChange, type SetRoot } from '@selvedge/set-digest';
import { decodeMember, decodeRecord, encodeMember, encodeRecord, type Member, type SetRecord } from '../domain/set-record.js';
import { KEPT_SET_HEIGHTS, type EntryId, type GuardSource, type SetBlock, type SetDigestAt, type SetId, type SetPlace } from '../domain/sets.js';
import type { LedgerDatabase, LedgerStore } from '../store.js';

const NO_RECORD: SetRecord = { ...EMPTY_SET, guardTxId: new Uint8Array(0), guardEndsAt: 0n };
const MAX_HEIGHT = 2n ** 64n - 1n;

interface TouchedTag {
  readonly datasetTag: Uint8Array;
  readonly changes: SetChange[];
}

interface TouchedDataset {
  readonly place: SetPlace;
  readonly key: Uint8Array;
  readonly tags: Map<string, TouchedTag>;
}

interface TouchedMember {
  readonly dataset: TouchedDataset;
  readonly key: Uint8Array;
  readonly ledgerKey: Uint8Array;
  readonly before: Member | undefined;
  after: Member | undefined;
}

/**
 * Digests of every dataset and dataset tag, as the ledger's hashes show them, for whichever organisation's node. The set
 * of a tag is a tree of its entries; that of a dataset a tree of its tags. `set-members`: dataset || ledger key -> tag
 * and version. `set-pages`: set || path -> page of its tree. `set-records`: set || height, newest first -> what changed then.
 */
export class SetTables {
  readonly #members: LedgerDatabase;
  readonly #pages: LedgerDatabase;
  readonly #records: LedgerDatabase;

  constructor(store: LedgerStore) {
    this.#members = store.database('set-members');
    this.#pages = store.database('set-pages');
    this.#records = store.database('set-records');
  }

  /** What a set was at a height; the empty set where nothing was ever written. Heights that are no longer kept are the caller's to refuse. */
  digestAt({ datasetTag, ...place }: SetId, height: bigint): SetDigestAt {
    const key = datasetKey(place);
    const { root, count, guardTxId, guardEndsAt } = this.#recordAt(datasetTag.length === 0 ? key : tagKey(key, datasetTag), height);
    const isGuardGone = guardEndsAt !== 0n && height >= guardEndsAt;
    return { root, count, guardTxId: isGuardGone ? NO_RECORD.guardTxId : guardTxId };
  }

  /** Carries a block into the sets; inside its write transaction, after the guards were written. */
  apply(block: SetBlock, guards: GuardSource): void {
    const datasets = new Map<string, TouchedDataset>();
    for (const member of this.#touchedMembers(block, datasets)) this.#writeMember(member);
    for (const dataset of datasets.values()) this.#writeDataset(dataset, block.height, guards);
  }

  #touchedMembers({ writes, ended }: SetBlock, datasets: Map<string, TouchedDataset>): Iterable<TouchedMember> {
    const members = new Map<string, TouchedMember>();
    const touch = ({ ledgerKey, ...place }: EntryId): TouchedMember => {
      const dataset = touchDataset(datasets, place);
      const key = Buffer.concat([dataset.key, ledgerKey]);
      const known = members.get(key.toString('latin1'));
      if (known !== undefined) return known;
      const before = decodeMember(this.#members.get(key));
      const member = { dataset, key, ledgerKey, before, after: before };
      members.set(key.toString('latin1'), member);
      return member;
    };
    for (const { contract, ownerSet, dataset, ledgerKey, datasetTag, version } of writes) {
      const member = touch({ contract, ownerSet, dataset, ledgerKey });
      // Also where no entry changes: its guard was written.
      touchTag(member.dataset, datasetTag);
      member.after = version && { datasetTag, version };
    }
    for (const { contract, ownerSet, dataset, ledgerKey } of ended) touch({ contract, ownerSet, dataset, ledgerKey }).after = undefined;
    return members.values();
  }

  /** An entry that was written under another tag moves. */
  #writeMember({ dataset, key, ledgerKey, before, after }: TouchedMember): void {
    const change = (member: Member, value: Uint8Array | undefined): void => {
      touchTag(dataset, member.datasetTag).changes.push({ key: sha256(ledgerKey), value });
    };
    if (before !== undefined) change(before, undefined);
    if (after === undefined) this.#members.remove(key);
    else {
      change(after, after.version);
      this.#members.put(key, encodeMember(after));
    }
  }

  #writeDataset({ place, key, tags }: TouchedDataset, height: bigint, guards: GuardSource): void {
    const changes: SetChange[] = [];
    let added = 0n;
    for (const { datasetTag, changes: own } of tags.values()) {
      const set = tagKey(key, datasetTag);
      const before = this.#recordAt(set, MAX_HEIGHT);
      const after = own.length === 0 ? before : updateSet(this.#pagesOf(set), before.count, own);
      changes.push(tagChange(datasetTag, after));
      added += after.count - before.count;
      this.#writeRecord(set, { height, place, guardKey: membershipGuardKey(datasetTag) }, after, guards);
    }
    const before = this.#recordAt(key, MAX_HEIGHT);
    const { root } = updateSet(this.#pagesOf(key), 0n, changes);
    this.#writeRecord(key, { height, place, guardKey: contentGuardKey(place.contract, place.dataset) }, { root, count: before.count + added }, guards);
  }

  #writeRecord(set: Uint8Array, at: { readonly height: bigint; readonly place: SetPlace; readonly guardKey: Uint8Array }, { root, count }: SetRoot, guards: GuardSource): void {
    const { height, place, guardKey } = at;
    const before = this.#recordAt(set, MAX_HEIGHT);
    const guardTxId = guards.value(place, guardKey) ?? NO_RECORD.guardTxId;
    const isGuardNew = !equalBytes(guardTxId, before.guardTxId);
    if (!isGuardNew && equalBytes(root, before.root) && count === before.count) return;
    const guardEndsAt = isGuardNew ? (guards.endsAt(place, height) ?? 0n) : before.guardEndsAt;
    this.#records.put(recordKey(set, height), encodeRecord({ root, count, guardTxId, guardEndsAt }));
    this.#forget(set, height);
  }

  #recordAt(set: Uint8Array, height: bigint): SetRecord {
    for (const { value } of this.#records.range({ start: recordKey(set, height), end: recordKey(set, -1n), limit: 1 })) return decodeRecord(value);
    return NO_RECORD;
  }

  /** Drops what no height that is kept can ask for: all but the newest of those below. */
  #forget(set: Uint8Array, height: bigint): void {
    const lowest = height - KEPT_SET_HEIGHTS;
    if (lowest < 0n) return;
    const old = [...this.#records.range({ start: recordKey(set, lowest), end: recordKey(set, -1n) })].slice(1);
    for (const { key } of old) this.#records.remove(key);
  }

  #pagesOf(set: Uint8Array): PageStore {
    const key = (path: Uint8Array): Uint8Array => Buffer.concat([set, path]);
    return {
      get: (path) => this.#pages.get(key(path)),
      put: (path, page) => {
        this.#pages.put(key(path), page);
      },
      remove: (path) => {
        this.#pages.remove(key(path));
      },
    };
  }
}

function touchDataset(datasets: Map<string, TouchedDataset>, place: SetPlace): TouchedDataset {
  const name = JSON.stringify([place.contract, place.ownerSet, place.dataset]);
  const known = datasets.get(name);
  if (known !== undefined) return known;
  const dataset = { place, key: datasetKey(place), tags: new Map<string, TouchedTag>() };
  datasets.set(name, dataset);
  return dataset;
}

function touchTag({ tags }: TouchedDataset, datasetTag: Uint8Array): TouchedTag {
  const name = Buffer.from(datasetTag).toString('latin1');
  const known = tags.get(name);
  if (known !== undefined) return known;
  const tag = { datasetTag, changes: [] };
  tags.set(name, tag);
  return tag;
}

function datasetKey({ contract, ownerSet, dataset }: SetPlace): Uint8Array {
  return labelledHash('set place', contract, ownerSet, dataset);
}

function tagKey(dataset: Uint8Array, datasetTag: Uint8Array): Uint8Array {
  return labelledHash('set place of tag', dataset, datasetTag);
}

/** Higher heights come first, so that the newest record up to a height is the first one from there. height -1: after all. */
function recordKey(set: Uint8Array, height: bigint): Uint8Array {
  const bytes = Buffer.alloc(9);
  // 64 bits of height and one more: -1 has to come after 0.
  bytes.writeBigUInt64BE(MAX_HEIGHT - (height < 0n ? 0n : height), 0);
  bytes.writeUInt8(height < 0n ? 1 : 0, 8);
  return Buffer.concat([set, bytes]);
}
