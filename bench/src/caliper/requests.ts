import { changeOf, createKeySequence, fillSteps, memoLength, prefixOf } from '../values.js';
import type { CaliperRequest } from './request.js';

/** What a round's workload arguments say. */
export interface RoundArguments {
  readonly workload: 'update' | 'query';
  readonly keys: number;
  readonly valueBytes: number;
  readonly spread: 'uniform' | 'hot';
}

/** One of several workers. */
export interface Worker {
  readonly index: number;
  readonly of: number;
}

/** Checks a round's arguments, with the benchmark's own defaults. Throws TypeError. */
export function parseRoundArguments(value: unknown): RoundArguments {
  const { workload = 'update', keys = 1_000, valueBytes = 1_024, spread = 'uniform' } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (workload !== 'update' && workload !== 'query') throw new TypeError('workload must be update or query');
  if (spread !== 'uniform' && spread !== 'hot') throw new TypeError('spread must be uniform or hot');
  if (!isWhole(keys, 1, 1_000_000) || !isWhole(valueBytes, 64, 65_536)) throw new TypeError('keys (1 to 1000000) and valueBytes (64 to 65536) must be whole numbers');
  return { workload, keys, valueBytes, spread };
}

/** The benchmark's calls as Caliper's requests; workers start at keys of their own. */
export function createRequests(round: RoundArguments, { index, of }: Worker): () => CaliperRequest {
  const nextKey = createKeySequence({ ...round, from: Math.floor((index * round.keys) / of) });
  if (round.workload === 'query') return () => ({ contractFunction: 'Read', contractArguments: [nextKey()], transientMap: {}, readOnly: true });
  const transientMap = { value: changeOf(round.valueBytes) };
  return () => ({ contractFunction: 'Update', contractArguments: [nextKey()], transientMap, readOnly: false });
}

/** A worker's share of what has to be written before a round. */
export function fillRequests({ keys, valueBytes }: RoundArguments, { index, of }: Worker): CaliperRequest[] {
  return fillSteps(keys, valueBytes)
    .filter((_, i) => i % of === index)
    .map(({ from, count }) => ({ contractFunction: 'Fill', contractArguments: ['private', prefixOf(valueBytes), String(from), String(count), String(memoLength(valueBytes))], transientMap: {}, readOnly: false }));
}

function isWhole(value: unknown, minimum: number, maximum: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum;
}
