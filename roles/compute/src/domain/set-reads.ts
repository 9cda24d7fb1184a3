import { SelvedgeError } from '@selvedge/errors';
import { contentGuardKey, GuardKind, membershipGuardKey } from '@selvedge/protocol';
import type { DeclaredIndexes, IndexDefinition } from '@selvedge/rich-query';
import type { ServedEntry, SetMemory, StoredEntry } from '@selvedge/tee-node';
import type { StateQuery, StateQueryResult } from '../ports.js';
import type { DatasetPlace } from './datasets.js';
import { entriesUnder } from './former-names.js';
import type { InheritedReads } from './inherited-reads.js';
import { createKeyRange } from './key-range.js';
import type { KeptSets } from './kept-sets.js';
import { prepareQuery, selectEntries, type QueryWork } from './rich-query.js';
import { verifyMayList, type StateContext } from './state-context.js';

const ALL_TAGS = new Uint8Array(0);
/** Always the same one: indexes in memory are found by it. */
const NO_INDEXES: readonly IndexDefinition[] = [];

/** Ranges and rich queries of a contract within one transaction: what they find is recorded, with the guard of what they searched. */
export interface SetReads {
  /** Throws CHAINCODE_UNSUPPORTED, FEATURE_UNSUPPORTED and what reading a set throws. */
  readRange(place: DatasetPlace, startKey: string, endKey: string): Promise<StoredEntry[]>;
  /** Throws as readRange, and what a query that makes no sense throws. */
  runQuery(place: DatasetPlace, query: StateQuery): Promise<StateQueryResult>;
  /** A dataset whose query nothing protects from changes until the commit. */
  unguarded(): string | undefined;
}

export interface SetReadsInput {
  readonly keptSets: KeptSets;
  /** Those of the code that runs. */
  readonly declaredIndexes: () => Promise<DeclaredIndexes>;
  readonly queryWork: QueryWork;
  readonly inherited: InheritedReads | undefined;
}

export function createSetReads({ request, source, scope, opener, sets, isRecording, isAskedFor, servedBy }: StateContext, { keptSets, declaredIndexes, queryWork, inherited }: SetReadsInput): SetReads {
  const { policy, keys, names, nameKeys } = request;
  let unguarded: string | undefined = inherited?.unguarded;

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

  const readRange: SetReads['readRange'] = async (place, startKey, endKey) => {
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

  const runQuery: SetReads['runQuery'] = async (place, query) => {
    verifyMayList(place, 'rich queries');
    const prepared = prepareQuery(query, (await declaredIndexes()).get(place.dataset) ?? NO_INDEXES);
    const { matches, entries, bookmark } = await selectEntries(prepared, await readWhole(place), queryWork);
    recordEntries(place, matches);
    return { entries, bookmark };
  };

  return { readRange, runQuery, unguarded: () => unguarded };
}
