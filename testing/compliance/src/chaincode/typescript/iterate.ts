import type { Iterators, StateQueryResponse } from 'fabric-shim';

/** What a query yields, as JSON. */
export type Row = readonly [key: string, value: string];
/** A version of a key. */
export type Version = readonly [value: string, isDelete: boolean, txId: string];

type QueryPromise = Promise<Iterators.StateQueryIterator> & AsyncIterable<Iterators.KV>;
/** The shim's types say that private queries give iterators; they give them inside of an object, which its tests agree with. */
type AnyQuery = Promise<Iterators.StateQueryIterator | StateQueryResponse<Iterators.StateQueryIterator>>;

const rowOf = ({ key, value }: Iterators.KV): Row => [key, Buffer.from(value).toString()];
const versionOf = ({ value, isDelete, txId }: Iterators.KeyModification): Version => [Buffer.from(value).toString(), isDelete, txId];

/** By `next` until `done`, then `close`. */
async function drain<T, R>(iterator: Iterators.CommonIterator<T>, convert: (value: T) => R): Promise<R[]> {
  const found: R[] = [];
  for (let result = await iterator.next(); !result.done; result = await iterator.next()) found.push(convert(result.value));
  await iterator.close();
  return found;
}

async function iteratorOf(query: AnyQuery): Promise<Iterators.StateQueryIterator> {
  const answer = await query;
  return 'iterator' in answer ? answer.iterator : answer;
}

export const rows = async (query: AnyQuery): Promise<Row[]> => drain(await iteratorOf(query), rowOf);
export const versions = async (query: Promise<Iterators.HistoryQueryIterator>): Promise<Version[]> => drain(await query, versionOf);

export async function page(query: Promise<StateQueryResponse<Iterators.StateQueryIterator>>): Promise<{ rows: Row[]; count: number | null; bookmark: string | null }> {
  const { iterator, metadata } = (await query) as Partial<Awaited<typeof query>> & Pick<Awaited<typeof query>, 'iterator'>;
  return { rows: await drain(iterator, rowOf), count: metadata?.fetchedRecordsCount ?? null, bookmark: metadata?.bookmark ?? null };
}

/** `for await`, left after so many. */
export async function forAwait(query: QueryPromise, limit: number): Promise<Row[]> {
  const found: Row[] = [];
  for await (const entry of query) {
    found.push(rowOf(entry));
    if (found.length === limit) break;
  }
  return found;
}

/** `next` so many times; its last result. */
export async function nthNext(query: AnyQuery, count: number): Promise<{ value: Row | undefined; done: boolean }> {
  const iterator = await iteratorOf(query);
  let last = await iterator.next();
  for (let index = 1; index < count; index += 1) last = await iterator.next();
  return { value: (last.value as Iterators.KV | undefined) && rowOf(last.value), done: last.done };
}

/** `next` so many times, `close`, and `next` again. */
export async function nextAfterClose(query: AnyQuery, count: number): Promise<Row> {
  const iterator = await iteratorOf(query);
  for (let index = 0; index < count; index += 1) await iterator.next();
  await iterator.close();
  return rowOf((await iterator.next()).value);
}

/** One version, and `close`. */
export async function firstVersion(query: Promise<Iterators.HistoryQueryIterator>): Promise<Version> {
  const iterator = await query;
  const { value } = await iterator.next();
  await iterator.close();
  return versionOf(value);
}
