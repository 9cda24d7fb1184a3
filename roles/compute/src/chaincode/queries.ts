import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { ledger, peer } from '@hyperledger/fabric-protos';
import type { KeyModification, StateEntry } from '../ports.js';
import type { ChaincodeLimits } from './limits.js';
import { requireQueryRoom, type Meter } from './meter.js';
import { encodeTimestamp } from './proposal.js';

/** Entries in one message, as Fabric's peer batches them (core/chaincode: QueryResponseGenerator.MaxResultLimit). */
const PAGE_ENTRIES = 100;
/** A page also ends when it holds this much, so that it stays far below the message limit. */
const PAGE_BYTES = 1024 * 1024;

/** How much of a query's entries the chaincode wants, and how. */
export interface QueryOptions {
  /** At most this many entries in all. */
  readonly maxEntries: number;
  /** Answer everything in one page with a bookmark, as the shim's …WithPagination calls expect. */
  readonly isPaginated: boolean;
  /** The page's bookmark; undefined: the key at which the next page starts. */
  readonly bookmark?: string;
}

/** What queries yield. */
type Found = StateEntry | KeyModification;

interface OpenQuery {
  readonly source: AsyncIterator<Found> | Iterator<Found>;
  readonly maxEntries: number;
  delivered: number;
  /** Read from the source but not sent yet. */
  lookahead: Found | undefined;
}

/** The open queries of one invocation. */
export interface Queries {
  /** Starts a query and returns its first page. */
  open(entries: AsyncIterable<Found> | Iterable<Found>, options: QueryOptions): Promise<peer.QueryResponse>;
  /** The next page, or undefined when there is no such query. */
  next(id: string): Promise<peer.QueryResponse | undefined>;
  close(id: string): Promise<peer.QueryResponse>;
  closeAll(): void;
}

/** Builds the empty set of queries of one invocation; every entry read counts on the meter. */
export function createQueries(namespace: string, meter: Meter, limits: ChaincodeLimits): Queries {
  const queries = new Map<string, OpenQuery>();
  let counter = 0;

  const pull = async (query: OpenQuery): Promise<Found | undefined> => {
    const result = await query.source.next();
    if (result.done === true) return undefined;
    meter.read(('key' in result.value ? Buffer.byteLength(result.value.key) : 0) + (result.value.value?.length ?? 0));
    return result.value;
  };

  const page = async (id: string, query: OpenQuery, maxPage: number): Promise<peer.QueryResponse> => {
    const results: peer.QueryResultBytes[] = [];
    let bytes = 0;
    while (query.lookahead !== undefined && results.length < maxPage && bytes < PAGE_BYTES && query.delivered < query.maxEntries) {
      const encoded = encodeEntry(namespace, query.lookahead);
      bytes += encoded.getResultbytes_asU8().length;
      results.push(encoded);
      query.delivered += 1;
      query.lookahead = await pull(query);
    }
    const hasMore = query.lookahead !== undefined && query.delivered < query.maxEntries;
    if (!hasMore) forget(id);
    return createResponse(id, results, hasMore);
  };

  const forget = (id: string): void => {
    const query = queries.get(id);
    if (query === undefined) return;
    queries.delete(id);
    // A source that fails to close has nothing left to tell: its entries are not used any more.
    void Promise.resolve(query.source.return?.()).catch(() => undefined);
  };

  return {
    open: async (entries, options) => {
      requireQueryRoom(queries.size, limits);
      counter += 1;
      const id = `q${String(counter)}`;
      const query: OpenQuery = { source: iterate(entries), maxEntries: options.maxEntries, delivered: 0, lookahead: undefined };
      queries.set(id, query);
      query.lookahead = await pull(query);
      if (!options.isPaginated) return page(id, query, PAGE_ENTRIES);
      const response = await page(id, query, Number.POSITIVE_INFINITY);
      response.setMetadata(encodeMetadata(query.delivered, options.bookmark ?? nextKey(query)));
      response.setHasMore(false);
      forget(id);
      return response;
    },
    next: async (id) => {
      const query = queries.get(id);
      return query === undefined ? undefined : page(id, query, PAGE_ENTRIES);
    },
    close: (id) => {
      forget(id);
      return Promise.resolve(createResponse(id, [], false));
    },
    closeAll: () => {
      for (const id of [...queries.keys()]) forget(id);
    },
  };
}

function iterate(entries: AsyncIterable<Found> | Iterable<Found>): AsyncIterator<Found> | Iterator<Found> {
  return Symbol.asyncIterator in entries ? entries[Symbol.asyncIterator]() : entries[Symbol.iterator]();
}

function encodeEntry(namespace: string, entry: Found): peer.QueryResultBytes {
  const bytes = new peer.QueryResultBytes();
  bytes.setResultbytes('key' in entry ? encodeKv(namespace, entry) : encodeModification(entry));
  return bytes;
}

/** ledger.queryresult.KeyModification { tx_id (1), value (2), timestamp (3), is_delete (4) } */
function encodeModification({ txId, timestamp, value }: KeyModification): Uint8Array {
  const writer = new BinaryWriter().tag(1, WireType.LengthDelimited).string(txId);
  if (value !== undefined) writer.tag(2, WireType.LengthDelimited).bytes(value);
  writer.tag(3, WireType.LengthDelimited).bytes(encodeTimestamp(timestamp));
  if (value === undefined) writer.tag(4, WireType.Varint).bool(true);
  return writer.finish();
}

function encodeKv(namespace: string, entry: StateEntry): Uint8Array {
  const kv = new ledger.queryresult.KV();
  kv.setNamespace(namespace);
  kv.setKey(entry.key);
  kv.setValue(entry.value);
  return kv.serializeBinary();
}

function createResponse(id: string, results: peer.QueryResultBytes[], hasMore: boolean): peer.QueryResponse {
  const response = new peer.QueryResponse();
  response.setId(id);
  response.setResultsList(results);
  response.setHasMore(hasMore);
  return response;
}

/** Fabric's bookmark of a range with LevelDB. */
const nextKey = ({ lookahead }: OpenQuery): string => (lookahead !== undefined && 'key' in lookahead ? lookahead.key : '');

function encodeMetadata(fetchedRecords: number, bookmark: string): Uint8Array {
  const metadata = new peer.QueryResponseMetadata();
  metadata.setFetchedRecordsCount(fetchedRecords);
  metadata.setBookmark(bookmark);
  return metadata.serializeBinary();
}
