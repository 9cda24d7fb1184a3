import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { contentGuardKey, GuardKind, membershipGuardKey } from '@selvedge/protocol';
import { sha256 } from '@selvedge/crypto';
import { objectTypeOf } from '@selvedge/sealed-objects';
import type { StateCalls } from '../ports.js';
import type { ReadScope, StateSource } from '../request-ports.js';
import type { AuthorisedRequest } from './authorise.js';
import { createDatasets, type DatasetPlace } from './datasets.js';
import { createKeyRange, verifyKeySupported } from './key-range.js';
import type { PacketOpener, StoredEntry } from './packet-opener.js';
import { createRecordedSets, type RecordedGuard, type RecordedRead, type RecordedWrite } from './recorded-sets.js';

const NO_HASH = new Uint8Array(0);

/** Read and write sets of one run. */
export interface Recorded {
  readonly reads: readonly RecordedRead[];
  readonly guards: readonly RecordedGuard[];
  readonly writes: readonly RecordedWrite[];
}

export interface TransactionState {
  readonly calls: StateCalls;
  /**
   * What a submit read and wrote. Throws the failure of a fetch that the chaincode may have swallowed: a value that
   * could not be fetched must not pass for an absent one.
   */
  recorded(): Recorded;
}

export interface TransactionStateInput {
  readonly request: AuthorisedRequest;
  readonly source: StateSource;
  readonly scope: ReadScope;
  readonly opener: PacketOpener;
  readonly maxWriteBytes: number;
}

/**
 * The state as one run sees it. As on Fabric, its own writes are not visible to its reads, and a key that was read once
 * keeps its value. An evaluate records nothing.
 */
export function createTransactionState({ request, source, scope, opener, maxWriteBytes }: TransactionStateInput): TransactionState {
  const { policy, keys, isSubmit } = request;
  const datasets = createDatasets(policy, request.body.channel, request.creator.mspId);
  const sets = createRecordedSets(maxWriteBytes);
  const points = new Map<string, Promise<StoredEntry | undefined>>();
  let failure: SelvedgeError | undefined;
  /** A dataset whose query nothing protects from changes until the commit. */
  let unguarded: string | undefined;

  const watched = async <T>(fetch: Promise<T>): Promise<T> => {
    try {
      return await fetch;
    } catch (error) {
      if (isSelvedgeError(error)) failure ??= error;
      throw error;
    }
  };

  const fetchPoint = async (place: DatasetPlace, key: string): Promise<StoredEntry | undefined> => {
    const { ownerSet, owners, dataset } = place;
    const ledgerKey = keys.nameKeys.ledgerKey(dataset, key);
    const open = (packet: Uint8Array | undefined): StoredEntry | undefined => (packet === undefined ? undefined : opener.open(packet, { policy, keys }, { dataset, ledgerKey }));
    const entry = await source.readPoint(scope, { ownerSet, owners, dataset, ledgerKey, open });
    if (isSubmit) sets.addRead({ ownerSet, dataset, ledgerKey, packetHash: entry?.packetHash ?? NO_HASH });
    return entry;
  };

  const readPoint = (place: DatasetPlace, key: string): Promise<StoredEntry | undefined> => {
    verifyKeySupported(key);
    const id = `${place.dataset}\x00${key}`;
    const known = points.get(id) ?? watched(fetchPoint(place, key));
    points.set(id, known);
    return known;
  };

  const write = (place: DatasetPlace, key: string, effect: RecordedWrite['effect']): void => {
    verifyKeySupported(key);
    if (!isSubmit) return;
    const { ownerSet, dataset, contentGuard, isEnding } = place;
    const datasetTag = keys.nameKeys.datasetTag(dataset, objectTypeOf(key));
    sets.addWrite({ ownerSet, dataset, datasetTag, ledgerKey: keys.nameKeys.ledgerKey(dataset, key), contentGuard, isEnding, key, effect });
  };

  const readRange = async (place: DatasetPlace, startKey: string, endKey: string): Promise<StoredEntry[]> => {
    const { ownerSet, owners, dataset } = place;
    const range = createKeyRange(startKey, endKey);
    const datasetTag = keys.nameKeys.datasetTag(dataset, range.objectType);
    const membership = membershipGuardKey(datasetTag);
    const open = (packet: Uint8Array): StoredEntry => opener.open(packet, { policy, keys }, { dataset, datasetTag });
    const content = await source.readSet(scope, { ownerSet, owners, dataset, datasetTag, guardKey: membership, open });
    const entries = range.select(content.entries);
    if (!isSubmit) return entries;
    sets.addGuard({ ownerSet, dataset, guardKey: membership, kind: GuardKind.MEMBERSHIP, txId: content.guardTxId });
    for (const { ledgerKey, packetHash } of entries) sets.addRead({ ownerSet, dataset, ledgerKey, packetHash });
    return entries;
  };

  const selectFrom = async (place: DatasetPlace, select: (entries: readonly StoredEntry[]) => readonly StoredEntry[]): Promise<readonly StoredEntry[]> => {
    const { ownerSet, owners, dataset, contentGuard } = place;
    const content = contentGuardKey(policy.name, dataset);
    const open = (packet: Uint8Array): StoredEntry => opener.open(packet, { policy, keys }, { dataset });
    const read = await source.readDataset(scope, { ownerSet, owners, dataset, guardKey: content, open });
    const entries = select(read.entries);
    if (!isSubmit) return entries;
    if (contentGuard) sets.addGuard({ ownerSet, dataset, guardKey: content, kind: GuardKind.CONTENT, txId: read.guardTxId });
    else unguarded ??= dataset;
    for (const { ledgerKey, packetHash } of entries) sets.addRead({ ownerSet, dataset, ledgerKey, packetHash });
    return entries;
  };

  // Async throughout, so that a refusal rejects instead of being thrown at the caller.
  const calls: StateCalls = {
    getState: async (dataset, key) => (await readPoint(datasets.readable(dataset), key))?.value,
    async getPrivateDataHash(collection, key) {
      const entry = await readPoint(datasets.visible(collection), key);
      return entry === undefined ? undefined : sha256(entry.value);
    },
    getRange: async (dataset, startKey, endKey) => watched(readRange(datasets.readable(dataset), startKey, endKey)),
    selectFrom: async (dataset, select) => watched(selectFrom(datasets.readable(dataset), select)),
    putState: (dataset, key, value) =>
      // An empty value deletes, as on Fabric.
      settled(() => { write(datasets.writable(dataset), key, value.length === 0 ? { kind: 'delete' } : { kind: 'put', value }); }),
    deleteState: (dataset, key) => settled(() => { write(datasets.writable(dataset), key, { kind: 'delete' }); }),
    purge: (dataset, key) => settled(() => { write(datasets.writable(dataset), key, { kind: 'purge' }); }),
  };

  return {
    calls,
    recorded() {
      if (failure !== undefined) throw failure;
      const writes = sets.writes();
      if (unguarded !== undefined && writes.length > 0) throw new SelvedgeError('CHAINCODE_UNSUPPORTED', `writing after a query of dataset '${unguarded}', which keeps no content guard`);
      return { reads: sets.reads(), guards: sets.guards(), writes };
    },
  };
}

/** Runs a synchronous step; what it throws rejects. */
function settled(step: () => void): Promise<void> {
  return new Promise((resolve) => {
    step();
    resolve();
  });
}
