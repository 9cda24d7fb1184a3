import { peer } from '@hyperledger/fabric-protos';
import { SelvedgeError } from '@selvedge/errors';
import type { StateCalls } from '../ports.js';
import { joinValues, splitGetMultiple, splitWriteBatch } from './batch-requests.js';
import { requireKey, requireRange } from './keys.js';
import type { ChaincodeLimits } from './limits.js';
import { MessageType, typeName } from './messages.js';
import type { Meter } from './meter.js';
import type { Queries } from './queries.js';
import { decodeRequest as decode, RequestError } from './request-error.js';

/** What the requests of one invocation work on. */
export interface RequestContext {
  readonly state: StateCalls;
  readonly meter: Meter;
  readonly queries: Queries;
  readonly limits: ChaincodeLimits;
  /** Answers an INVOKE_CHAINCODE. */
  readonly callContract: (payload: Uint8Array) => Promise<Uint8Array>;
}

const EMPTY = new Uint8Array(0);
type Handler = (payload: Uint8Array, context: RequestContext) => Promise<Uint8Array>;

/** Fabric's GetState answer: an absent key is an empty payload. */
const getState: Handler = async (payload, { state, meter, limits }) => {
  const request = decode(() => peer.GetState.deserializeBinary(payload));
  meter.read(0);
  const value = await state.getState(request.getCollection(), requireKey(request.getKey(), limits));
  meter.read(value?.length ?? 0);
  return value ?? EMPTY;
};

const getPrivateDataHash: Handler = async (payload, { state, meter, limits }) => {
  const request = decode(() => peer.GetState.deserializeBinary(payload));
  meter.read(0);
  return (await state.getPrivateDataHash(request.getCollection(), requireKey(request.getKey(), limits))) ?? EMPTY;
};

const putState: Handler = async (payload, { state, meter, limits }) => {
  const request = decode(() => peer.PutState.deserializeBinary(payload));
  const key = requireKey(request.getKey(), limits);
  const value = request.getValue_asU8();
  meter.write(Buffer.byteLength(key) + value.length);
  // rwsetutil.newKVWrite: a write of nothing is a delete
  if (value.length === 0) await state.deleteState(request.getCollection(), key);
  else await state.putState(request.getCollection(), key, value);
  return EMPTY;
};

const deleteState: Handler = async (payload, { state, meter, limits }) => {
  const request = decode(() => peer.DelState.deserializeBinary(payload));
  const key = requireKey(request.getKey(), limits);
  meter.write(Buffer.byteLength(key));
  await state.deleteState(request.getCollection(), key);
  return EMPTY;
};

/** The shim sends PurgePrivateState, which has the same fields as DelState. */
const purgePrivateData: Handler = async (payload, { state, meter, limits }) => {
  const request = decode(() => peer.DelState.deserializeBinary(payload));
  if (request.getCollection() === '') throw new RequestError('only applicable for private data');
  const key = requireKey(request.getKey(), limits);
  meter.write(Buffer.byteLength(key));
  await state.purge(request.getCollection(), key);
  return EMPTY;
};

/** What the shim's validation parameter is called among a key's metadata (peer.MetaDataKeys). */
const VALIDATION_PARAMETER = 'VALIDATION_PARAMETER';

const getStateMetadata: Handler = async (payload, { state, meter, limits }) => {
  const request = decode(() => peer.GetStateMetadata.deserializeBinary(payload));
  meter.read(0);
  const policy = await state.getKeyPolicy(request.getCollection(), requireKey(request.getKey(), limits));
  meter.read(policy?.length ?? 0);
  const result = new peer.StateMetadataResult();
  if (policy !== undefined) {
    const entry = new peer.StateMetadata();
    entry.setMetakey(VALIDATION_PARAMETER);
    entry.setValue(policy);
    result.addEntries(entry);
  }
  return result.serializeBinary();
};

const putStateMetadata: Handler = async (payload, context) => {
  const { state, meter, limits } = context;
  const request = decode(() => peer.PutStateMetadata.deserializeBinary(payload));
  const key = requireKey(request.getKey(), limits);
  const metadata = request.getMetadata();
  const value = metadata?.getValue_asU8() ?? EMPTY;
  meter.write(Buffer.byteLength(key) + value.length);
  if (metadata?.getMetakey() !== VALIDATION_PARAMETER) return unsupported('metadata other than the validation parameter')(payload, context);
  await state.setKeyPolicy(request.getCollection(), key, value);
  return EMPTY;
};

const getStateByRange: Handler = async (payload, { state, meter, queries, limits }) => {
  const request = decode(() => peer.GetStateByRange.deserializeBinary(payload));
  const collection = request.getCollection();
  const { isPaginated, pageSize, bookmark } = decodePaging(request.getMetadata_asU8(), collection);
  const range = requireRange(isPaginated && bookmark !== '' ? bookmark : request.getStartkey(), request.getEndkey(), limits);
  meter.read(0);
  const entries = await state.getRange(collection, range.startKey, range.endKey);
  return (await queries.open(entries, { maxEntries: pageSize, isPaginated })).serializeBinary();
};

const getQueryResult: Handler = async (payload, { state, meter, queries }) => {
  const request = decode(() => peer.GetQueryResult.deserializeBinary(payload));
  const collection = request.getCollection();
  const { isPaginated, pageSize, bookmark } = decodePaging(request.getMetadata_asU8(), collection);
  meter.read(0);
  const found = await state.query(collection, { text: request.getQuery(), pageSize: isPaginated ? pageSize : undefined, bookmark });
  return (await queries.open(found.entries, { maxEntries: Number.POSITIVE_INFINITY, isPaginated, bookmark: found.bookmark })).serializeBinary();
};

const getHistoryForKey: Handler = async (payload, { state, meter, queries, limits }) => {
  const request = decode(() => peer.GetHistoryForKey.deserializeBinary(payload));
  meter.read(0);
  const versions = await state.getHistory(requireKey(request.getKey(), limits));
  return (await queries.open(versions, { maxEntries: Number.POSITIVE_INFINITY, isPaginated: false })).serializeBinary();
};

const queryStateNext: Handler = async (payload, { queries }) => {
  const page = await queries.next(decode(() => peer.QueryStateNext.deserializeBinary(payload)).getId());
  if (page === undefined) throw new RequestError('query iterator not found');
  return page.serializeBinary();
};

const queryStateClose: Handler = async (payload, { queries }) => {
  return (await queries.close(decode(() => peer.QueryStateClose.deserializeBinary(payload)).getId())).serializeBinary();
};

const invokeChaincode: Handler = (payload, { callContract }) => callContract(payload);

/** In order, and no further than the first that fails, as on Fabric. */
const writeBatch: Handler = async (payload, context) => {
  for (const write of splitWriteBatch(payload)) await handleRequest(write.type, write.payload, context);
  return EMPTY;
};

const getStateMultiple: Handler = async (payload, context) =>
  joinValues(await Promise.all(splitGetMultiple(payload).map((read) => handleRequest(read.type, read.payload, context))));

/** A feature that is refused by name. */
const unsupported = (feature: string): Handler => () =>
  Promise.reject(new SelvedgeError('CHAINCODE_UNSUPPORTED', `${feature} is not supported yet`, { role: 'compute', details: { feature } }));

const HANDLERS = new Map<number, Handler>([
  [MessageType.GET_STATE, getState],
  [MessageType.GET_PRIVATE_DATA_HASH, getPrivateDataHash],
  [MessageType.PUT_STATE, putState],
  [MessageType.DEL_STATE, deleteState],
  [MessageType.PURGE_PRIVATE_DATA, purgePrivateData],
  [MessageType.GET_STATE_BY_RANGE, getStateByRange],
  [MessageType.QUERY_STATE_NEXT, queryStateNext],
  [MessageType.QUERY_STATE_CLOSE, queryStateClose],
  [MessageType.GET_QUERY_RESULT, getQueryResult],
  [MessageType.GET_HISTORY_FOR_KEY, getHistoryForKey],
  [MessageType.GET_STATE_METADATA, getStateMetadata],
  [MessageType.PUT_STATE_METADATA, putStateMetadata],
  [MessageType.INVOKE_CHAINCODE, invokeChaincode],
  [MessageType.WRITE_BATCH_STATE, writeBatch],
  [MessageType.GET_STATE_MULTIPLE, getStateMultiple],
]);

/** Whether a message type is a request that a chaincode may make while it runs. */
export const isRequestType = (type: number): boolean => HANDLERS.has(type);

/**
 * Answers one request of the chaincode.
 *
 * @returns the payload of the RESPONSE
 * @throws RequestError with Fabric's text; SelvedgeError CHAINCODE_UNSUPPORTED, CHAINCODE_LIMIT, or whatever the state calls throw
 */
export async function handleRequest(type: number, payload: Uint8Array, context: RequestContext): Promise<Uint8Array> {
  const handler = HANDLERS.get(type);
  if (handler === undefined) throw new RequestError(`cannot handle message (${typeName(type)}) while in ready state`);
  return handler(payload, context);
}

/** Pages of a query, as the shim's …WithPagination calls ask for them. Private data has none on Fabric. */
interface Paging {
  readonly isPaginated: boolean;
  /** Infinite where nothing limits it. */
  readonly pageSize: number;
  /** Empty: the start. */
  readonly bookmark: string;
}

function decodePaging(metadata: Uint8Array, collection: string): Paging {
  const whole = { isPaginated: false, pageSize: Number.POSITIVE_INFINITY, bookmark: '' };
  if (metadata.length === 0) return whole;
  const decoded = decode(() => peer.QueryMetadata.deserializeBinary(metadata));
  const [pageSize, bookmark] = [decoded.getPagesize(), decoded.getBookmark()];
  if (collection !== '' || (pageSize === 0 && bookmark === '')) return whole;
  return { isPaginated: true, pageSize: pageSize > 0 ? pageSize : Number.POSITIVE_INFINITY, bookmark };
}
