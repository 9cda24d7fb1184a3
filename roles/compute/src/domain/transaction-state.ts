import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { keepsKeyPolicies, mapKeyPolicy } from '@selvedge/policy';
import { contentGuardKey, GuardKind, LIMITS, membershipGuardKey, requireAtMost, type KeyVersion } from '@selvedge/protocol';
import { equalBytes, sha256, toHex } from '@selvedge/crypto';
import type { DeclaredIndexes, IndexDefinition } from '@selvedge/rich-query';
import { objectTypeOf, parsePacketHeader } from '@selvedge/sealed-objects';
import type { PacketOpener, ReadsConfirmer, ReadScope, ServedEntry, ServingNode, SetMemory, StateSource, StoredEntry } from '@selvedge/tee-node';
import type { KeyModification, StateCalls, StateQuery, StateQueryResult } from '../ports.js';
import type { AuthorisedRequest } from './authorise.js';
import type { InheritedReads } from './inherited-reads.js';
import { createDatasets, type DatasetPlace } from './datasets.js';
import { createKeyRange, verifyKeySupported } from './key-range.js';
import type { KeptPoints, PointMemory, ReadPoint } from './kept-points.js';
import { legacyValueHash, readConfirmedPoint, type ServedPoint } from './legacy-reads.js';
import type { KeptSets } from './kept-sets.js';
import type { ReEncryptable, ReEncryption } from './re-encryption.js';
import { entriesUnder, joinChains, type HistoryVersion } from './former-names.js';
import { migrateEntries, type NameMigration } from './name-migration.js';
import { requireNames } from './contract-terms.js';
import { createRecordedSets, type Recorded, type RecordedKeyPolicy, type RecordedWrite } from './recorded-sets.js';
import { prepareQuery, selectEntries, type QueryWork } from './rich-query.js';

/** Fabric keeps no history of private data. */
const WORLD_STATE = '';
const NO_HASH = new Uint8Array(0);
const ALL_TAGS = new Uint8Array(0);
/** Values that one request re-encrypts, so that it never holds up the others for long; one value alone may be larger. */
const MAX_RE_ENCRYPTED_BYTES = 1024 * 1024;
/** Always the same one: indexes in memory are found by it. */
const NO_INDEXES: readonly IndexDefinition[] = [];

interface FetchOptions {
  /** What lies under an epoch that this node has no keys of is named, where it would be refused. */
  readonly mayBeClosed?: boolean;
  /** Where the dataset takes a collection over: the key's hash there. */
  readonly legacyKeyHash?: Uint8Array;
  /** Addresses of business nodes to ask last. */
  readonly avoid?: ReadonlySet<string>;
}

/** A contract's own part of {@link StateCalls}. */
export type ContractState = Omit<StateCalls, 'openContract'>;

export interface TransactionState extends ReEncryptable, NameMigration {
  readonly calls: ContractState;
  /**
   * What a submit read and wrote. Throws the failure of a fetch that the chaincode may have swallowed: a value that
   * could not be fetched must not pass for an absent one.
   */
  recorded(): Recorded;
  /** The first failure of a fetch, whatever the chaincode made of it. */
  failure(): SelvedgeError | undefined;
  /** What was read so far, whatever became of the run. */
  touched(): Pick<Recorded, 'reads' | 'guards' | 'keyPolicyReads'>;
  /** Which business node served an entry or a set's guard. */
  servedBy(read: { readonly dataset: string }, key: Uint8Array): ServingNode | undefined;
  /** The policies that stand for the keys of these writes, for the client: whom it must ask. Fetches those that are not known. */
  keyPoliciesInForce(writes: readonly RecordedWrite[]): Promise<RecordedKeyPolicy[]>;
}

export interface TransactionStateInput {
  /** The request, under the terms of the contract whose state this is. */
  readonly request: AuthorisedRequest;
  /** What is read is confirmed afterwards, whoever asked for that: it is asked for anew, and noted. */
  readonly isConfirmed: boolean;
  readonly source: StateSource;
  readonly scope: ReadScope;
  readonly opener: PacketOpener;
  readonly keptSets: KeptSets;
  readonly keptPoints: KeptPoints;
  /** Whether the ledger view is recent enough, and not behind what the client knows. */
  readonly mayAnswerFromMemory: () => boolean;
  readonly maxWriteBytes: number;
  /** Confirms what is read in collections that are taken over. */
  readonly readsConfirmer: ReadsConfirmer;
  /** Those of the code that runs. */
  readonly declaredIndexes: () => Promise<DeclaredIndexes>;
  readonly queryWork: QueryWork;
  /** What others have read for the transaction; default: nothing. */
  readonly inherited?: InheritedReads | undefined;
}

/**
 * The state of one contract as a transaction sees it. As on Fabric, its own writes are not visible to its reads, and a
 * key that was read once keeps its value. An evaluate records nothing, unless what it read is to be confirmed.
 */
export function createTransactionState({ request, isConfirmed, source, scope, opener, keptSets, keptPoints, mayAnswerFromMemory, maxWriteBytes, readsConfirmer, declaredIndexes, queryWork, inherited }: TransactionStateInput): TransactionState {
  const { policy, keys, isSubmit, names, nameKeys } = request;
  /** What it reads is checked as that of the request which goes over the parts. */
  const isMap = request.partition?.kind === 'map';
  /** What can be confirmed of all that it reads is promised to who asks for it by himself. */
  const isAskedFor = request.body.confirmQuorum > 0;
  /** Whether more than the result rests on what is read: it is asked for anew, and noted. */
  const isRecording = isSubmit || isConfirmed || isMap;
  const nodes = new Map<string, ServingNode>();
  const servedBy = (dataset: string, key: Uint8Array, node: ServingNode | undefined): void => {
    if (isConfirmed && node !== undefined) nodes.set(ledgerId({ dataset }, key), node);
  };
  const datasets = createDatasets(policy, request.body.channel, request.creator.mspId);
  const sets = createRecordedSets(maxWriteBytes);
  for (const read of inherited?.reads ?? []) sets.addRead(read);
  for (const guard of inherited?.guards ?? []) sets.addGuard(guard, []);
  for (const read of inherited?.keyPolicyReads ?? []) sets.addKeyPolicyRead(read);
  const points = new Map<string, Promise<ReadPoint>>();
  /** Of keys that are written in datasets that take a collection over: without what that has for them. */
  const packets = new Map<string, Promise<ReadPoint>>();
  const writtenFirst = new Set<string>();
  /** By ledger key, of whatever names. */
  const migrated = new Map<string, ReadPoint>();
  const withKeyPolicy = keepsKeyPolicies(policy);
  let failure: SelvedgeError | undefined;
  let unguarded: string | undefined = inherited?.unguarded;

  const watched = async <T>(fetch: Promise<T>): Promise<T> => {
    try {
      return await fetch;
    } catch (error) {
      if (isSelvedgeError(error)) failure ??= error;
      throw error;
    }
  };

  /** Nothing is remembered of entries that end by themselves: no transaction changes them then. */
  const pointMemory = ({ ownerSet, dataset, isEnding }: DatasetPlace, ledgerKey: Uint8Array): PointMemory | undefined =>
    isEnding ? undefined : keptPoints.of({ contract: policy.name, policyVersion: policy.policyVersion, ownerSet, dataset, ledgerKey, withKeyPolicy });

  /** @param mayBeClosed what lies under an epoch that this node has no keys of is named, where it would be refused */
  const fetchPoint = async (place: DatasetPlace, ledgerKey: Uint8Array, mayBeClosed = false): Promise<ReadPoint> => (await fetchServed(place, ledgerKey, { mayBeClosed })).point;

  const fetchServed = async (place: DatasetPlace, ledgerKey: Uint8Array, { mayBeClosed = false, legacyKeyHash, avoid }: FetchOptions): Promise<ServedPoint> => {
    const { ownerSet, owners, dataset, takesOver } = place;
    const memory = pointMemory(place, ledgerKey);
    // A submit asks: what it rests on is checked at endorsement, and one that was refused must not read the same again.
    const remembered = isRecording || !mayAnswerFromMemory() ? undefined : memory?.find();
    if (remembered !== undefined) return { point: remembered, node: undefined, height: 0n };
    const open = (served: ServedEntry | undefined, keyPolicy: Uint8Array, height: bigint, node: ServingNode | undefined, legacyValue: Uint8Array): ServedPoint => {
      const isClosed = served !== undefined && mayBeClosed && keys.epoch(parsePacketHeader(served, { channel: request.body.channel, contract: policy.name, dataset, ledgerKey }).keyEpoch) === undefined;
      const entry = served === undefined || isClosed ? undefined : opener.open(served, { policy, keys }, { dataset, ledgerKey });
      servedBy(dataset, ledgerKey, node);
      const legacy = served === undefined && legacyKeyHash !== undefined ? { legacy: { keyHash: legacyKeyHash, value: legacyValue } } : {};
      return { node, point: { ledgerKey, entry, keyPolicy, ...legacy, ...(isClosed ? { closed: served instanceof Uint8Array ? sha256(served) : served.packetHash } : {}) }, height };
    };
    const { point, height, node } = await source.readPoint(avoid === undefined ? scope : { ...scope, avoid }, { ownerSet, owners, dataset, ledgerKey, withKeyPolicy, takesOver, ...(legacyKeyHash === undefined ? {} : { legacyKeyHash }), open });
    requireAtMost('bytes of a key policy', point.keyPolicy.length, LIMITS.maxKeyPolicyBytes);
    // What is read in place is confirmed each time: no block's changes tell when it ends.
    if (isRecording || point.legacy !== undefined) memory?.forget();
    else memory?.keep(point, height);
    return { point, node, height };
  };

  const knownPoint = (place: DatasetPlace, key: string): Promise<ReadPoint> => {
    verifyKeySupported(key);
    const id = pointId(place, key);
    const ledgerKey = nameKeys.ledgerKey(place.dataset, key);
    const fetch = (): Promise<ReadPoint> => {
      if (!place.takesOver) return fetchPoint(place, ledgerKey);
      const legacyKeyHash = sha256(Buffer.from(key));
      return readConfirmedPoint({ place, scope, confirmer: readsConfirmer, fetch: (avoid) => fetchServed(place, ledgerKey, { legacyKeyHash, avoid }) });
    };
    const known = points.get(id) ?? fetch();
    points.set(id, known);
    return known;
  };

  const readPoint = async (place: DatasetPlace, key: string): Promise<Pick<StoredEntry, 'value' | 'packetHash'> | undefined> => {
    const { entry, ledgerKey, legacy } = await knownPoint(place, key);
    const { ownerSet, dataset } = place;
    if (entry !== undefined && writtenFirst.has(pointId(place, key))) throw new SelvedgeError('STALE_READ', 'a key got a packet between its write and a read of one transaction');
    if (legacy !== undefined && isMap) throw new SelvedgeError('CHAINCODE_UNSUPPORTED', `a partitioned call over collection ${dataset}, which is taken over`);
    const named = legacy === undefined ? {} : { legacyKey: key, legacyKeyHash: legacy.keyHash, legacyValueHash: legacyValueHash(legacy.value) };
    if (isRecording) sets.addRead({ ownerSet, dataset, ledgerKey, packetHash: entry?.packetHash ?? NO_HASH, ...named });
    if (legacy === undefined || legacy.value.length === 0) return entry;
    return { value: legacy.value, packetHash: NO_HASH };
  };

  /** What a write asks for: whether the key has a packet, of whatever epoch. The old value need not be there for it, nor fit into an answer. */
  const packetOf = (place: DatasetPlace, key: string): Promise<ReadPoint> => {
    const id = pointId(place, key);
    const ledgerKey = nameKeys.ledgerKey(place.dataset, key);
    const known = points.get(id) ?? packets.get(id) ?? readConfirmedPoint({ place, scope, confirmer: readsConfirmer, fetch: (avoid) => fetchServed(place, ledgerKey, { mayBeClosed: true, avoid }) });
    packets.set(id, known);
    return known;
  };

  /** Whether a key's entry in the collection that is taken over goes with its write. A packet shows that it has gone; the read is part of what says so. */
  const isFirstWrite = async (place: DatasetPlace, key: string): Promise<boolean> => {
    const { entry, closed, ledgerKey } = await packetOf(place, key);
    const { ownerSet, dataset } = place;
    const packetHash = entry?.packetHash ?? closed;
    if (packetHash === undefined) writtenFirst.add(pointId(place, key));
    else sets.addRead({ ownerSet, dataset, ledgerKey, packetHash });
    return packetHash === undefined;
  };

  /** No statement says of both kinds of entries that they are all. */
  const verifyMayList = (place: DatasetPlace, what: string): void => {
    if (place.takesOver) throw new SelvedgeError('CHAINCODE_UNSUPPORTED', `${what} of collection ${place.dataset}, which is taken over`);
  };

  /** Writes to datasets that take a collection over, whose keys are being looked up. */
  let waitingWrites = 0;
  /** Whatever the chaincode makes of the refusal. */
  const verifyMayWrite = (): void => {
    if (!isMap) return;
    failure ??= new SelvedgeError('PART_WRITES', 'a map writes nothing');
    throw failure;
  };

  const write = (place: DatasetPlace, key: string, effect: RecordedWrite['effect'], { keyPolicy, isFirst = false }: Pick<RecordedWrite, 'keyPolicy' | 'isFirst'> = {}): void => {
    verifyKeySupported(key);
    verifyMayWrite();
    if (!isSubmit) return;
    const { ownerSet, dataset, contentGuard, isEnding } = place;
    const datasetTag = nameKeys.datasetTag(dataset, objectTypeOf(key));
    sets.addWrite({ ownerSet, dataset, datasetTag, ledgerKey: nameKeys.ledgerKey(dataset, key), contentGuard, isEnding, key, effect, keyPolicy, isFirst });
  };

  /** A write of a chaincode. */
  const change = async (place: DatasetPlace, key: string, effect: RecordedWrite['effect']): Promise<void> => {
    // At once where nothing is asked for: a chaincode may end without waiting for its writes.
    if (!place.takesOver || !isSubmit) {
      write(place, key, effect);
      return;
    }
    // Also of a key that has moved: peers keep its old values until they are told to purge them.
    if (effect.kind === 'purge') {
      write(place, key, effect, { isFirst: true });
      return;
    }
    verifyKeySupported(key);
    waitingWrites += 1;
    const isFirst = await watched(isFirstWrite(place, key));
    waitingWrites -= 1;
    write(place, key, effect, { isFirst });
  };

  const reEncrypt = async (name: string, ledgerKeys: readonly Uint8Array[]): Promise<ReEncryption> => {
    const place = datasets.visible(name);
    const { ownerSet, dataset, contentGuard, isEnding } = place;
    // Every write begins their life anew.
    if (isEnding) throw new SelvedgeError('FEATURE_UNSUPPORTED', 're-encrypting entries that end by themselves');
    const found = await Promise.all(ledgerKeys.map((ledgerKey) => fetchPoint(place, ledgerKey)));
    let written = 0;
    let bytes = 0;
    for (const [seen, point] of found.entries()) {
      const { entry } = point;
      if (entry === undefined || entry.keyEpoch >= request.keyEpoch || entry.nameEpoch !== names.current) continue;
      const { key, value, ledgerKey, datasetTag, packetHash } = entry;
      bytes += value.length;
      if (written > 0 && bytes > MAX_RE_ENCRYPTED_BYTES) return { seen, written };
      written += 1;
      points.set(pointId(place, key), Promise.resolve(point));
      sets.addRead({ ownerSet, dataset, ledgerKey, packetHash });
      sets.addWrite({ ownerSet, dataset, datasetTag, ledgerKey, contentGuard, isEnding, key, effect: { kind: 'put', value }, isReEncryption: true });
    }
    return { seen: found.length, written };
  };

  const migrateNames = async (name: string, ledgerKeys: readonly Uint8Array[], mayProlong: boolean): Promise<ReEncryption> => {
    const place = datasets.visible(name);
    verifyMayList(place, 'a migration of names');
    const fetchAndKeep = async (ledgerKey: Uint8Array, mayBeClosed?: boolean): Promise<ReadPoint> => {
      const point = await fetchPoint(place, ledgerKey, mayBeClosed);
      migrated.set(ledgerId(place, ledgerKey), point);
      return point;
    };
    return migrateEntries({ place, ledgerKeys, mayProlong, names, namesOf: (epoch) => requireNames(keys, policy.name, epoch), withKeyPolicy, sets, fetchPoint: fetchAndKeep });
  };

  const readKeyPolicy = async (place: DatasetPlace, key: string): Promise<Uint8Array | undefined> => {
    if (!withKeyPolicy) return undefined;
    verifyMayList(place, 'key-level endorsement policies');
    if (isAskedFor) throw new SelvedgeError('FEATURE_UNSUPPORTED', 'key-level endorsement policies in a confirmed query');
    const { keyPolicy, ledgerKey } = await knownPoint(place, key);
    if (isSubmit || isMap) sets.addKeyPolicyRead({ ownerSet: place.ownerSet, dataset: place.dataset, ledgerKey, policy: keyPolicy });
    return keyPolicy.length === 0 ? undefined : keyPolicy;
  };

  const setKeyPolicy = async (place: DatasetPlace, key: string, keyPolicy: Uint8Array): Promise<void> => {
    if (!withKeyPolicy) throw new SelvedgeError('KEY_POLICY_UNMAPPED', 'the manifest maps no organisation to an endorser, so keys can have no policies of their own');
    verifyMayWrite();
    verifyMayList(place, 'key-level endorsement policies');
    if (place.isEnding) throw new SelvedgeError('CHAINCODE_UNSUPPORTED', 'key-level endorsement policies where entries end by themselves');
    mapKeyPolicy(keyPolicy, policy);
    const isWritten = sets.writes().some((written) => written.dataset === place.dataset && written.key === key && written.effect.kind === 'put');
    // As on Fabric, a policy without a value does nothing; whether there is one must hold until the commit.
    const isPresent = isWritten || (await readPoint(place, key)) !== undefined;
    if (isPresent) write(place, key, { kind: 'keep' }, { keyPolicy });
    else setForAbsent.push({ place, key, keyPolicy });
  };

  /** Of keys that were absent when their policy was set: it counts if a value follows. */
  const setForAbsent: { readonly place: DatasetPlace; readonly key: string; readonly keyPolicy: Uint8Array }[] = [];
  const adoptLatePolicies = (): void => {
    const put = new Set(sets.writes().flatMap(({ dataset, key, effect }) => (effect.kind === 'put' ? [`${dataset}\x00${key}`] : [])));
    for (const { place, key, keyPolicy } of setForAbsent.splice(0)) {
      if (put.has(`${place.dataset}\x00${key}`)) write(place, key, { kind: 'keep' }, { keyPolicy });
    }
  };

  const recordEntries = <T extends readonly StoredEntry[]>(place: DatasetPlace, entries: T): T => {
    const { ownerSet, dataset } = place;
    if (isRecording) for (const { ledgerKey, packetHash } of entries) sets.addRead({ ownerSet, dataset, ledgerKey, packetHash });
    return entries;
  };

  /** Nothing is remembered where entries change without their content guard: where there is none, or they end by themselves. */
  const memoryOf = ({ ownerSet, dataset, contentGuard, isEnding }: DatasetPlace, datasetTag: Uint8Array): SetMemory<StoredEntry> | undefined => {
    if (!contentGuard || isEnding) return undefined;
    const { name: contract, policyVersion, codeHash } = policy;
    return keptSets.of({ contract, policyVersion, codeHash, ownerSet, dataset, datasetTag, contentGuardKey: contentGuardKey(contract, dataset) });
  };

  /** All entries of a dataset, of whatever object type, under its content guard. */
  const readWhole = async (place: DatasetPlace): Promise<readonly StoredEntry[]> => {
    const { ownerSet, owners, dataset, contentGuard } = place;
    const content = contentGuardKey(policy.name, dataset);
    // What is added to it afterwards would show nowhere.
    if (isAskedFor && !contentGuard) throw new SelvedgeError('FEATURE_UNSUPPORTED', `a confirmed query of dataset '${dataset}', which keeps no content guard`);
    const open = (served: ServedEntry): StoredEntry => opener.open(served, { policy, keys }, { dataset });
    const read = await source.readDataset(scope, { ownerSet, owners, dataset, guardKey: content, confirm: isRecording && contentGuard, open, memory: memoryOf(place, ALL_TAGS) });
    const entries = entriesUnder(names, read.entries);
    if (!isRecording) return entries;
    servedBy(dataset, content, read.node);
    for (const { ledgerKey } of entries) servedBy(dataset, ledgerKey, read.node);
    if (contentGuard) sets.addGuard({ ownerSet, dataset, guardKey: content, kind: GuardKind.CONTENT, txId: read.guardTxId }, read.statements);
    else unguarded ??= dataset;
    return entries;
  };

  const readRange = async (place: DatasetPlace, startKey: string, endKey: string): Promise<StoredEntry[]> => {
    verifyMayList(place, 'range queries');
    const { ownerSet, owners, dataset } = place;
    const range = createKeyRange(startKey, endKey);
    if (range.objectType === undefined) return recordEntries(place, range.select(await readWhole(place)));
    const datasetTag = nameKeys.datasetTag(dataset, range.objectType);
    const membership = membershipGuardKey(datasetTag);
    const open = (served: ServedEntry): StoredEntry => opener.open(served, { policy, keys }, { dataset, datasetTag });
    const content = await source.readSet(scope, { ownerSet, owners, dataset, datasetTag, guardKey: membership, confirm: isRecording, open, memory: memoryOf(place, datasetTag) });
    const entries = range.select(content.entries);
    if (!isRecording) return entries;
    servedBy(dataset, membership, content.node);
    for (const { ledgerKey } of entries) servedBy(dataset, ledgerKey, content.node);
    sets.addGuard({ ownerSet, dataset, guardKey: membership, kind: GuardKind.MEMBERSHIP, txId: content.guardTxId }, content.statements);
    return recordEntries(place, entries);
  };

  const runQuery = async (place: DatasetPlace, query: StateQuery): Promise<StateQueryResult> => {
    verifyMayList(place, 'rich queries');
    const prepared = prepareQuery(query, (await declaredIndexes()).get(place.dataset) ?? NO_INDEXES);
    const { matches, entries, bookmark } = await selectEntries(prepared, await readWhole(place), queryWork);
    recordEntries(place, matches);
    return { entries, bookmark };
  };

  /**
   * Fabric leaves histories out of read sets. Here the key's present version goes in, so that a history that has grown
   * by the commit is refused; and the newest version must be that one.
   */
  const readHistory = async (place: DatasetPlace, key: string): Promise<KeyModification[]> => {
    const { ownerSet, owners, dataset } = place;
    const chainUnder = (epoch: bigint): Promise<HistoryVersion[]> => {
      const ledgerKey = requireNames(keys, policy.name, epoch).ledgerKey(dataset, key);
      const open = ({ packet, txId, timestampSeconds, timestampNanos }: KeyVersion): HistoryVersion => {
        const entry = packet.length === 0 ? undefined : opener.open(packet, { policy, keys }, { dataset, ledgerKey });
        return { txId: toHex(txId), timestamp: { seconds: timestampSeconds, nanos: timestampNanos }, value: entry?.value, packetHash: entry?.packetHash, isReEncrypted: entry?.isReEncrypted ?? false };
      };
      return source.readHistory(scope, { ownerSet, owners, dataset, ledgerKey }, open);
    };
    const chains = await Promise.all([names.current, ...[...names.former].reverse()].map(chainUnder));
    const present = await readPoint(place, key);
    if (!equalBytes(chains[0]?.[0]?.packetHash ?? NO_HASH, present?.packetHash ?? NO_HASH)) throw new SelvedgeError('STALE_READ', 'a key changed while its history was read');
    return joinChains(chains);
  };

  // Async throughout, so that a refusal rejects instead of being thrown at the caller.
  const calls: ContractState = {
    getState: async (dataset, key) => (await watched(readPoint(datasets.readable(dataset), key)))?.value,
    async getPrivateDataHash(collection, key) {
      const entry = await watched(readPoint(datasets.visible(collection), key));
      return entry === undefined ? undefined : sha256(entry.value);
    },
    getKeyPolicy: async (dataset, key) => watched(readKeyPolicy(datasets.readable(dataset), key)),
    setKeyPolicy: async (dataset, key, keyPolicy) => watched(setKeyPolicy(datasets.writable(dataset), key, keyPolicy)),
    async getHistory(key) {
      verifyKeySupported(key);
      return watched(readHistory(datasets.readable(WORLD_STATE), key));
    },
    getRange: async (dataset, startKey, endKey) => watched(readRange(datasets.readable(dataset), startKey, endKey)),
    query: async (dataset, query) => watched(runQuery(datasets.readable(dataset), query)),
    putState: async (dataset, key, value) =>
      // An empty value deletes, as on Fabric.
      change(datasets.writable(dataset), key, value.length === 0 ? { kind: 'delete' } : { kind: 'put', value }),
    deleteState: async (dataset, key) => change(datasets.writable(dataset), key, { kind: 'delete' }),
    purge: async (dataset, key) => change(datasets.writable(dataset), key, { kind: 'purge' }),
  };

  return {
    calls,
    reEncrypt: (dataset, ledgerKeys) => watched(reEncrypt(dataset, ledgerKeys)),
    migrateNames: (dataset, ledgerKeys, mayProlong) => watched(migrateNames(dataset, ledgerKeys, mayProlong)),
    failure: () => failure,
    servedBy: (read, key) => nodes.get(ledgerId(read, key)),
    touched: () => ({ reads: sets.reads(), guards: sets.guards(), keyPolicyReads: sets.keyPolicyReads() }),
    recorded() {
      if (failure !== undefined) throw failure;
      if (waitingWrites > 0) throw new SelvedgeError('CHAINCODE_UNSUPPORTED', 'a chaincode that ends before its writes to a collection that is taken over are answered');
      adoptLatePolicies();
      return { reads: sets.reads(), guards: sets.guards(), keyPolicyReads: sets.keyPolicyReads(), writes: sets.writes(), statements: [...(inherited?.statements ?? []), ...sets.statements()], unguarded };
    },
    async keyPoliciesInForce(writes) {
      if (!withKeyPolicy) return [];
      const pointOf = (place: DatasetPlace, { ledgerKey, key }: RecordedWrite): ReadPoint | Promise<ReadPoint> => migrated.get(ledgerId(place, ledgerKey)) ?? knownPoint(place, key);
      // Where a collection is taken over keys have no policies.
      const own = writes.filter(({ dataset }) => !datasets.visible(dataset).takesOver);
      const found = await Promise.all(own.map(async (each) => ({ ownerSet: each.ownerSet, dataset: each.dataset, ...(await pointOf(datasets.visible(each.dataset), each)) })));
      return found.flatMap(({ ownerSet, dataset, ledgerKey, keyPolicy }) => (keyPolicy.length === 0 ? [] : [{ ownerSet, dataset, ledgerKey, policy: keyPolicy }]));
    },
  };
}

function pointId({ dataset }: DatasetPlace, key: string): string {
  return `${dataset}\x00${key}`;
}

function ledgerId({ dataset }: Pick<DatasetPlace, 'dataset'>, ledgerKey: Uint8Array): string {
  return `${dataset}\x00${toHex(ledgerKey)}`;
}
