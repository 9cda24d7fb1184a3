import { equalBytes } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError, withRole, type RefusalCode } from '@selvedge/errors';
import type { TaggedEntry } from '@selvedge/set-digest';
import { describeFailures, openingFailure, type FetchFailure } from '../domain/fetch-failure.js';
import { verifyPageOrder } from '../domain/state-answer.js';
import { followChain, type ChainPlace } from '../domain/key-history.js';
import type { BusinessPort, HistoryQuery, PlaceOfRead, ReadScope, ServedEntry, ServingNode, SetContent, SetQuery, StateSource } from '../ports.js';
import type { KeyVersion, SetAnswer, SetDigestStatement } from '@selvedge/protocol';
import type { HistoryConfirmer } from './history-confirmer.js';
import { createQueryLane, type GuardsAnswer, type LaneOptions, type QueryLane } from './query-lane.js';
import type { SetConfirmer } from './set-confirmer.js';

const START = new Uint8Array(0);
const ALL_TAGS = new Uint8Array(0);
const NONE: ReadonlySet<string> = new Set();

interface PagedSet<T> {
  readonly entries: readonly T[];
  readonly guardTxId: Uint8Array;
  /** It was read before; now only its guards were. */
  readonly isKept: boolean;
  /** Of the first and the last page. */
  readonly heights: readonly [bigint, bigint];
}

interface AnySetQuery<T> extends SetQuery<T> {
  /** Empty: all tags. */
  readonly datasetTag: Uint8Array;
}

export interface StateFetcherOptions extends Omit<LaneOptions, 'reader' | 'timeoutMs' | 'maxInFlight' | 'maxPointsPerQuery' | 'maxWaiting'>, Partial<LaneOptions> {
  readonly network: string;
  readonly channel: string;
  readonly nodes: readonly BusinessPort[];
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** Which owner is asked first; nodes with different numbers spread the load. */
  readonly preference?: number;
  /** A node that failed is asked last for so long. Default 2,000. */
  readonly avoidMs?: number;
  readonly historyConfirmer: HistoryConfirmer;
  /** Soft limit of one page of a set. Default 2 MiB. */
  readonly pageBytes?: number;
  readonly confirmer: SetConfirmer;
  /** How often a set is read again when it changed between two pages. Default 5. */
  readonly maxSetAttempts?: number;
  /** Called when a node's answer was refused and another node is asked instead. */
  readonly onRefused?: (failure: FetchFailure) => void;
}

/** Fetches state from business nodes, each answer checked, another owner asked when one fails. */
export function createStateFetcher(options: StateFetcherOptions): StateSource {
  const { preference = 0, avoidMs = 2_000, pageBytes = 2 * 1024 * 1024, maxSetAttempts = 5 } = options;
  const laneOptions: LaneOptions = { timeoutMs: 2_000, maxInFlight: 16, maxPointsPerQuery: 500, maxWaiting: 20_000, ...options };
  const lanes = options.nodes.map((node) => createQueryLane(node, laneOptions));
  const avoidUntil = new Map<QueryLane, number>();

  const candidates = (owners: readonly string[], asked: ReadonlySet<string> = NONE): QueryLane[] => {
    const own = lanes.filter((lane) => owners.includes(lane.mspId));
    const start = own.length === 0 ? 0 : preference % own.length;
    const rotated = [...own.slice(start), ...own.slice(0, start)];
    const isAvoided = (lane: QueryLane): boolean => asked.has(lane.address) || (avoidUntil.get(lane) ?? 0) > options.clock();
    return [...rotated.filter((lane) => !isAvoided(lane)), ...rotated.filter(isAvoided)];
  };

  const withFailover = async <T>({ avoid }: ReadScope, { ownerSet, owners }: PlaceOfRead, attempt: (lane: QueryLane) => Promise<T>): Promise<T> => {
    const failures: FetchFailure[] = [];
    for (const lane of candidates(owners, avoid)) {
      try {
        return await attempt(lane);
      } catch (error) {
        const failure = { mspId: lane.mspId, address: lane.address, error: withRole(error, 'business') };
        failures.push(failure);
        if (NODE_FAILURES.has(failure.error.code)) avoidUntil.set(lane, options.clock() + avoidMs);
        options.onRefused?.(failure);
      }
    }
    throw describeFailures(ownerSet, failures);
  };

  const readSetOnce = async <T extends TaggedEntry>(lane: QueryLane, scope: ReadScope, query: AnySetQuery<T>): Promise<PagedSet<T> | undefined> => {
    const { ownerSet, dataset, datasetTag } = query;
    const guardKeys = guardKeysOf(query);
    const entries: T[] = [];
    let first: SetGuards | undefined;
    let isSteady = true;
    let after: Uint8Array = START;
    for (;;) {
      const answer = await lane.readPage(scope, { ownerSet, dataset, datasetTag, guardKeys, after, maxBytes: pageBytes, asPackets: query.asPackets });
      const guards = setGuards(answer);
      first ??= guards;
      if (query.isOfAnyMoment !== true && !equalBytes(first.guardTxId, guards.guardTxId)) return undefined;
      isSteady &&= equalBytes(first.contentTxId, guards.contentTxId);
      const page = opened(() => servedEntries(answer.page).map((entry) => query.open(entry)));
      verifyPageOrder(page, after);
      entries.push(...page);
      const last = page.at(-1);
      if (!answer.page.more) {
        // A guard that was never written says nothing.
        if (isSteady && first.contentTxId.length > 0) query.memory?.keep(lane.address, { entries, contentTxId: first.contentTxId });
        return { entries, guardTxId: first.guardTxId, isKept: false, heights: [first.height, answer.height] };
      }
      if (last === undefined) throw new SelvedgeError('STATE_FORGED', 'an empty page promises more');
      after = last.ledgerKey;
    }
  };

  /** What this node served before, if by its own word nothing was written to the dataset since. */
  const readKept = async <T extends TaggedEntry>(lane: QueryLane, scope: ReadScope, query: AnySetQuery<T>): Promise<PagedSet<T> | undefined> => {
    const kept = query.memory?.find(lane.address);
    if (kept === undefined) return undefined;
    const { ownerSet, dataset } = query;
    const { guardTxId, contentTxId, height } = setGuards(await lane.readGuards(scope, { ownerSet, dataset, guardKeys: guardKeysOf(query) }));
    if (!equalBytes(contentTxId, kept.contentTxId)) return undefined;
    return { entries: kept.entries, guardTxId, isKept: true, heights: [height, height] };
  };

  const confirmed = async <T extends TaggedEntry>(lane: QueryLane, scope: ReadScope, query: AnySetQuery<T>, content: PagedSet<T>): Promise<readonly SetDigestStatement[] | undefined> => {
    if (!query.confirm) return [];
    try {
      return await options.confirmer.confirm(scope, { ...query, ...content });
    } catch (error) {
      if (isSelvedgeError(error, 'STATE_FORGED')) query.memory?.forget(lane.address);
      // Only what the node serves now is held against it.
      if (isSelvedgeError(error, 'STATE_FORGED') && content.isKept) return undefined;
      throw error;
    }
  };

  const readSet = <T extends TaggedEntry>(scope: ReadScope, query: AnySetQuery<T>): Promise<SetContent<T>> =>
    withFailover(scope, query, async (lane) => {
      for (let attempt = 0; attempt < maxSetAttempts; attempt += 1) {
        const content = (await readKept(lane, scope, query)) ?? (await readSetOnce(lane, scope, query));
        const statements = content === undefined ? undefined : await confirmed(lane, scope, query, content);
        if (content !== undefined && statements !== undefined) return { entries: content.entries, guardTxId: content.guardTxId, statements, node: nodeOf(lane) };
      }
      throw new SelvedgeError('STALE_GUARD', 'the set kept changing while it was read');
    });

  const readVersions = async <T>(lane: QueryLane, scope: ReadScope, query: HistoryQuery, end: ChainPlace, open: (version: KeyVersion) => T): Promise<T[]> => {
    const { ownerSet, dataset, ledgerKey, limit = Infinity } = query;
    const found: T[] = [];
    for (let place = end; place.count > 0n && found.length < limit; ) {
      const versions = await lane.readVersions(scope, { ownerSet, dataset, ledgerKey, count: place.count, maxBytes: pageBytes });
      if (versions.length === 0) throw new SelvedgeError('STATE_FORGED', 'the history of a key: versions are missing');
      place = followChain(versions, place);
      found.push(...opened(() => versions.map(open)));
    }
    return found.slice(0, limit);
  };

  return {
    readPoint: (scope, query) =>
      withFailover(scope, query, async (lane) => {
        const { answer, height } = await lane.readPoint(scope, query);
        return opened(() => query.open(answer.present ? (answer.plaintext ?? answer.packet) : undefined, answer.keyPolicy, height, nodeOf(lane), answer.legacyValue));
      }),
    async readHistory(scope, query, open) {
      const end = await options.historyConfirmer.confirm(scope, query);
      return withFailover(scope, query, (lane) => readVersions(lane, scope, query, end, open));
    },
    readSet,
    readDataset: (scope, query) => readSet(scope, { ...query, datasetTag: ALL_TAGS }),
  };
}

const nodeOf = ({ mspId, address }: QueryLane): ServingNode => ({ mspId, address });

/** A page holds entries of one kind: a dataset is kept in packets or in plaintext. Throws STATE_FORGED. */
function servedEntries({ packets, plaintexts }: SetAnswer): readonly ServedEntry[] {
  if (packets.length > 0 && plaintexts.length > 0) throw new SelvedgeError('STATE_FORGED', 'a page of packets and of plaintext');
  return packets.length > 0 ? packets : plaintexts;
}

interface SetGuards {
  /** Of the guard that the query rests on. */
  readonly guardTxId: Uint8Array;
  /** Of the dataset's content guard, where that is another one. */
  readonly contentTxId: Uint8Array;
  readonly height: bigint;
}

/** The guard that the query rests on, and the content guard under which the set is kept. */
function guardKeysOf({ guardKey, memory }: Pick<AnySetQuery<unknown>, 'guardKey' | 'memory'>): Uint8Array[] {
  return memory === undefined || equalBytes(guardKey, memory.contentGuardKey) ? [guardKey] : [guardKey, memory.contentGuardKey];
}

function setGuards({ guardTxIds: [guardTxId, contentTxId = guardTxId], height }: GuardsAnswer): SetGuards {
  if (guardTxId === undefined || contentTxId === undefined) throw new SelvedgeError('STATE_FORGED', 'the answer lacks a guard');
  return { guardTxId, contentTxId, height };
}

/** After these another owner is asked first for a while. */
const NODE_FAILURES: ReadonlySet<RefusalCode> = new Set<RefusalCode>(['UNAVAILABLE', 'TLS_REFUSED', 'TIMEOUT', 'STATE_BEHIND', 'STATE_FORGED', 'OVERLOADED', 'DRAINING', 'NOT_READY']);

function opened<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw openingFailure(error);
  }
}
