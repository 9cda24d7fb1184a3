import { median } from './summary.js';
import type { CryptoFloor } from './crypto-floor.js';
import type { Measurement, Side } from './points.js';

/** What a ratio should reach. */
export interface Aim {
  readonly bound: 'at least' | 'at most';
  readonly value: number;
}

/** One ratio of a run. */
export interface Ratio {
  readonly name: string;
  readonly value: number;
  /** Absent where the ratio says something, but nothing depends on it. */
  readonly aim?: Aim;
  readonly unit?: 'ms' | 's';
  /** What was set against what. */
  readonly method: string;
  /** Pairs of slices, or slices, that it is the median of. */
  readonly runs: number;
}

interface Definition extends Omit<Ratio, 'value' | 'runs'> {
  readonly of: (points: readonly Measurement[], floor: CryptoFloor) => Value | undefined;
}

type Value = Pick<Ratio, 'value' | 'runs'>;
type Wanted = Partial<Measurement>;

/** In flight, wherever a ratio says nothing else. */
const LOAD = 128;
const LARGE = 1_000_000;
const SMALL = 1_000;

const DEFINITIONS: readonly Definition[] = [
  { name: 'batchedUpdate', aim: atLeast(5), method: 'private updates/s, batched / plain private data collection, uniform keys, 128 in flight', of: (points) => rates(points, loaded('batched', 'update'), 'plain') },
  { name: 'query', aim: atLeast(5), method: 'private queries/s, batched / evaluate of a plain private read, 128 in flight', of: (points) => rates(points, loaded('batched', 'query'), 'plain') },
  { name: 'singleQuery', aim: atLeast(2), method: 'private queries/s, one request each / evaluate of a plain private read, 128 in flight', of: (points) => rates(points, loaded('selvedge', 'query'), 'plain') },
  { name: 'hotKeyUpdate', aim: atLeast(100), method: 'committed updates/s on one key, batched at 128 in flight / plain private data collection at 128 or 1 in flight, whichever commits more', of: hotKey },
  { name: 'singleUpdate', aim: atLeast(0.8), method: 'private updates/s, one by one / plain private data collection, 128 in flight', of: (points) => rates(points, loaded('selvedge', 'update'), 'plain') },
  { name: 'singleUpdateAddedMs', aim: atMost(15), unit: 'ms', method: 'p50 of a private update at 1 in flight, Selvedge − plain private data collection', of: addedMs },
  { name: 'computeCpuOverFloor', aim: atMost(3), method: 'CPU of the compute node, chaincode processes apart, per batched update at 128 in flight / crypto floor of a batched update', of: cpuOverFloor },
  { name: 'pointReadAtMillionKeys', aim: atMost(1.2), method: 'time per private read under load, at a million keys / at a thousand', of: millionKeys },
  { name: 'scaleOut8', aim: atLeast(7), method: 'queries/s of a chaincode that holds its process for 20 ms, eight compute nodes / one, four calls in flight for each node', of: (points) => withinOne(points, { experiment: 'nodes', computeNodes: 8 }, { computeNodes: 1 }, quotient) },
  { name: 'batchedUpdateOverSingle', method: 'private updates/s, batched / one by one, 128 in flight', of: (points) => rates(points, loaded('batched', 'update'), 'selvedge') },
  { name: 'batchedQueryOverSingle', method: 'private queries/s, batched / one by one, 128 in flight', of: (points) => rates(points, loaded('batched', 'query'), 'selvedge') },
  { name: 'singleUpdateOverPublic', method: 'private updates/s, one by one / plain public state, 128 in flight', of: (points) => rates(points, loaded('selvedge', 'update'), 'public') },
];

/**
 * Every ratio that this run measured both sides of, in one comparison. Of others nothing is said.
 * Each is the median over pairs of slices that were taken one after the other.
 */
export function ratiosOf(points: readonly Measurement[], floor: CryptoFloor): Ratio[] {
  return DEFINITIONS.flatMap(({ of, ...definition }) => {
    const found = of(points, floor);
    return found === undefined || !Number.isFinite(found.value) ? [] : [{ ...definition, ...found }];
  });
}

/** Whether the aim is reached; undefined where there is none. */
export function isReached({ value, aim }: Ratio): boolean | undefined {
  if (aim === undefined) return undefined;
  return aim.bound === 'at least' ? value >= aim.value : value <= aim.value;
}

function loaded(subject: Side['subject'], workload: Side['workload']): Wanted {
  return { experiment: 'load', loop: 'closed', inFlight: LOAD, subject, workload };
}

function rates(points: readonly Measurement[], ours: Wanted, other: Side['subject']): Value | undefined {
  return withinOne(points, ours, { ...ours, subject: other }, quotient);
}

function hotKey(points: readonly Measurement[]): Value | undefined {
  const hot: Wanted = { experiment: 'hot', workload: 'update' };
  const best = matching(points, { ...hot, subject: 'plain' }).sort((a, b) => b.perSecond - a.perSecond)[0];
  return best === undefined ? undefined : withinOne(points, { ...hot, subject: 'batched', inFlight: LOAD }, { ...hot, subject: 'plain', inFlight: best.inFlight }, quotient);
}

function addedMs(points: readonly Measurement[]): Value | undefined {
  const ours: Wanted = { ...loaded('selvedge', 'update'), inFlight: 1 };
  return withinOne(points, ours, { ...ours, subject: 'plain' }, (a, b) => pairs(a.p50ByRun, b.p50ByRun, (x, y) => x - y));
}

function cpuOverFloor(points: readonly Measurement[], floor: CryptoFloor): Value | undefined {
  const [point] = matching(points, loaded('batched', 'update'));
  const used = point?.cpu.compute;
  return point === undefined || used === undefined ? undefined : { value: used / floor.computeBatchedUpdate, runs: point.runs };
}

function millionKeys(points: readonly Measurement[]): Value | undefined {
  const read: Wanted = { experiment: 'keys', workload: 'query' };
  // Calls in flight are the same, so time per call is the inverse of the rate.
  return withinOne(points, { ...read, keys: LARGE }, { ...read, keys: SMALL }, (large, small) => quotient(small, large));
}

/** Sets two sides of the same comparison against each other. */
function withinOne(points: readonly Measurement[], ours: Wanted, theirs: Wanted, compare: (ours: Measurement, theirs: Measurement) => Value): Value | undefined {
  for (const point of matching(points, ours)) {
    const [other] = matching(points, { ...theirs, comparison: point.comparison });
    if (other !== undefined) return compare(point, other);
  }
  return undefined;
}

function matching(points: readonly Measurement[], wanted: Wanted): Measurement[] {
  return points.filter((point) => Object.entries(wanted).every(([name, value]) => point[name as keyof Measurement] === value));
}

/** Of rates. Where a slice of the divisor had no call at all, pairs say nothing: then the means are divided. */
function quotient(a: Measurement, b: Measurement): Value {
  if (b.perSecondByRun.every((rate) => rate > 0)) return pairs(a.perSecondByRun, b.perSecondByRun, (x, y) => x / y);
  const sum = (rates: readonly number[]): number => rates.reduce((total, rate) => total + rate, 0);
  return { value: sum(a.perSecondByRun) / sum(b.perSecondByRun), runs: Math.min(a.runs, b.runs) };
}

function pairs(a: readonly number[], b: readonly number[], combine: (a: number, b: number) => number): Value {
  const values = a.slice(0, b.length).map((value, i) => combine(value, b[i] ?? Number.NaN)).filter((value) => !Number.isNaN(value));
  return { value: median(values), runs: values.length };
}

function atLeast(value: number): Aim {
  return { bound: 'at least', value };
}

function atMost(value: number): Aim {
  return { bound: 'at most', value };
}
