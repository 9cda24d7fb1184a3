import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { keepsKeyPolicies } from '@selvedge/policy';
import { sha256 } from '@selvedge/crypto';
import { objectTypeOf } from '@selvedge/sealed-objects';
import type { ServingNode } from '@selvedge/tee-node';
import type { StateCalls } from '../ports.js';
import { requireNames } from './contract-terms.js';
import { createDatasets, type DatasetPlace } from './datasets.js';
import { readHistory } from './history-reads.js';
import type { InheritedReads } from './inherited-reads.js';
import type { ReadPoint } from './kept-points.js';
import { createKeyPolicies } from './key-policies.js';
import { verifyKeySupported } from './key-range.js';
import { migrateEntries, type NameMigration } from './name-migration.js';
import { createPointReads, type PointReadsInput } from './point-reads.js';
import { reEncryptEntries } from './re-encrypt-entries.js';
import type { ReEncryptable, ReEncryption } from './re-encryption.js';
import { createRecordedSets, type Recorded, type RecordedKeyPolicy, type RecordedWrite } from './recorded-sets.js';
import { createSetReads, type SetReadsInput } from './set-reads.js';
import { ledgerId, verifyMayList, type StateContext } from './state-context.js';

/** Fabric keeps no history of private data. */
const WORLD_STATE = '';

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

export interface TransactionStateInput extends Pick<StateContext, 'request' | 'source' | 'scope' | 'opener'>, PointReadsInput, Omit<SetReadsInput, 'inherited'> {
  /** What is read is confirmed afterwards, whoever asked for that: it is asked for anew, and noted. */
  readonly isConfirmed: boolean;
  readonly maxWriteBytes: number;
  /** What others have read for the transaction; default: nothing. */
  readonly inherited?: InheritedReads | undefined;
}

/**
 * The state of one contract as a transaction sees it. As on Fabric, its own writes are not visible to its reads, and a
 * key that was read once keeps its value. An evaluate records nothing, unless what it read is to be confirmed.
 */
export function createTransactionState({ request, isConfirmed, source, scope, opener, maxWriteBytes, inherited, ...reading }: TransactionStateInput): TransactionState {
  const { policy, keys, isSubmit, names, nameKeys } = request;
  const isMap = request.partition?.kind === 'map';
  const isRecording = isSubmit || isConfirmed || isMap;
  const nodes = new Map<string, ServingNode>();
  const servedBy: StateContext['servedBy'] = (dataset, key, node) => {
    if (isConfirmed && node !== undefined) nodes.set(ledgerId({ dataset }, key), node);
  };
  const datasets = createDatasets(policy, request.body.channel, request.creator.mspId);
  const sets = createRecordedSets(maxWriteBytes);
  for (const read of inherited?.reads ?? []) sets.addRead(read);
  for (const guard of inherited?.guards ?? []) sets.addGuard(guard, []);
  for (const read of inherited?.keyPolicyReads ?? []) sets.addKeyPolicyRead(read);
  const withKeyPolicy = keepsKeyPolicies(policy);
  const context: StateContext = { request, source, scope, opener, sets, isRecording, isAskedFor: request.body.confirmQuorum > 0, isMap, withKeyPolicy, servedBy };
  const points = createPointReads(context, reading);
  const listed = createSetReads(context, { ...reading, inherited });
  /** By ledger key, of whatever names. */
  const migrated = new Map<string, ReadPoint>();
  let failure: SelvedgeError | undefined;
  /** Writes to datasets that take a collection over, whose keys are being looked up. */
  let waitingWrites = 0;

  const watched = async <T>(fetch: Promise<T>): Promise<T> => {
    try {
      return await fetch;
    } catch (error) {
      if (isSelvedgeError(error)) failure ??= error;
      throw error;
    }
  };
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
  const keyPolicies = createKeyPolicies(context, { points, write, verifyMayWrite });

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
    const isFirst = await watched(points.isFirstWrite(place, key));
    waitingWrites -= 1;
    write(place, key, effect, { isFirst });
  };

  const migrateNames = async (name: string, ledgerKeys: readonly Uint8Array[], mayProlong: boolean): Promise<ReEncryption> => {
    const place = datasets.visible(name);
    verifyMayList(place, 'a migration of names');
    const fetchAndKeep = async (ledgerKey: Uint8Array, mayBeClosed?: boolean): Promise<ReadPoint> => {
      const point = await points.fetchPoint(place, ledgerKey, mayBeClosed);
      migrated.set(ledgerId(place, ledgerKey), point);
      return point;
    };
    return migrateEntries({ place, ledgerKeys, mayProlong, names, namesOf: (epoch) => requireNames(keys, policy.name, epoch), withKeyPolicy, sets, fetchPoint: fetchAndKeep });
  };

  // Async throughout, so that a refusal rejects instead of being thrown at the caller.
  const calls: ContractState = {
    getState: async (dataset, key) => (await watched(points.readPoint(datasets.readable(dataset), key)))?.value,
    async getPrivateDataHash(collection, key) {
      const entry = await watched(points.readPoint(datasets.visible(collection), key));
      return entry === undefined ? undefined : sha256(entry.value);
    },
    getKeyPolicy: async (dataset, key) => watched(keyPolicies.read(datasets.readable(dataset), key)),
    setKeyPolicy: async (dataset, key, keyPolicy) => watched(keyPolicies.set(datasets.writable(dataset), key, keyPolicy)),
    async getHistory(key) {
      verifyKeySupported(key);
      return watched(readHistory(context, points, datasets.readable(WORLD_STATE), key));
    },
    getRange: async (dataset, startKey, endKey) => watched(listed.readRange(datasets.readable(dataset), startKey, endKey)),
    query: async (dataset, query) => watched(listed.runQuery(datasets.readable(dataset), query)),
    putState: async (dataset, key, value) =>
      // An empty value deletes, as on Fabric.
      change(datasets.writable(dataset), key, value.length === 0 ? { kind: 'delete' } : { kind: 'put', value }),
    deleteState: async (dataset, key) => change(datasets.writable(dataset), key, { kind: 'delete' }),
    purge: async (dataset, key) => change(datasets.writable(dataset), key, { kind: 'purge' }),
  };

  return {
    calls,
    reEncrypt: async (dataset, ledgerKeys) => watched(reEncryptEntries(context, points, datasets.visible(dataset), ledgerKeys)),
    migrateNames: (dataset, ledgerKeys, mayProlong) => watched(migrateNames(dataset, ledgerKeys, mayProlong)),
    failure: () => failure,
    servedBy: (read, key) => nodes.get(ledgerId(read, key)),
    touched: () => ({ reads: sets.reads(), guards: sets.guards(), keyPolicyReads: sets.keyPolicyReads() }),
    recorded() {
      if (failure !== undefined) throw failure;
      if (waitingWrites > 0) throw new SelvedgeError('CHAINCODE_UNSUPPORTED', 'a chaincode that ends before its writes to a collection that is taken over are answered');
      keyPolicies.adoptLate();
      return { reads: sets.reads(), guards: sets.guards(), keyPolicyReads: sets.keyPolicyReads(), writes: sets.writes(), statements: [...(inherited?.statements ?? []), ...sets.statements()], unguarded: listed.unguarded() };
    },
    async keyPoliciesInForce(writes) {
      if (!withKeyPolicy) return [];
      const pointOf = (place: DatasetPlace, { ledgerKey, key }: RecordedWrite): ReadPoint | Promise<ReadPoint> => migrated.get(ledgerId(place, ledgerKey)) ?? points.knownPoint(place, key);
      // Where a collection is taken over keys have no policies.
      const own = writes.filter(({ dataset }) => !datasets.visible(dataset).takesOver);
      const found = await Promise.all(own.map(async (each) => ({ ownerSet: each.ownerSet, dataset: each.dataset, ...(await pointOf(datasets.visible(each.dataset), each)) })));
      return found.flatMap(({ ownerSet, dataset, ledgerKey, keyPolicy }) => (keyPolicy.length === 0 ? [] : [{ ownerSet, dataset, ledgerKey, policy: keyPolicy }]));
    },
  };
}
