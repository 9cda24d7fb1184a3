import { median } from '../summary.js';
import type { Second } from './timeline.js';

/** Some seconds of a timeline together. */
export interface Phase {
  readonly seconds: number;
  readonly offeredPerSecond: number;
  /** Calls that succeeded while it lasted, whenever they were due. */
  readonly acceptedPerSecond: number;
  /** Of the calls that were due in it, by code. */
  readonly refused: Readonly<Record<string, number>>;
  /** Medians over its seconds, of the calls that succeeded; NaN when none did. */
  readonly p50: number;
  readonly p95: number;
}

/** @param seconds at least one */
export function summarisePhase(seconds: readonly Second[]): Phase {
  const mean = (of: (second: Second) => number): number => seconds.reduce((sum, second) => sum + of(second), 0) / seconds.length;
  const refused: Record<string, number> = {};
  for (const second of seconds) for (const [code, count] of Object.entries(second.refused)) refused[code] = (refused[code] ?? 0) + count;
  return { seconds: seconds.length, offeredPerSecond: mean(({ offered }) => offered), acceptedPerSecond: mean(({ ended }) => ended), refused, p50: median(seconds.map(({ p50 }) => p50)), p95: median(seconds.map(({ p95 }) => p95)) };
}

/** Good seconds in a row that make a recovery. */
const IN_A_ROW = 3;
const LEAST_SHARE = 0.95;
const MOST_SLOWER = 1.5;

/**
 * Seconds from the end of an overload to the first of three in a row of whose calls 95 % succeed, at a p50 of at most 1.5 times what it was at the same
 * rate before; undefined when there are none yet. Seconds whose calls are not all at an end count for nothing.
 */
export function recoveryOf(seconds: readonly Second[], before: Pick<Phase, 'p50'>): number | undefined {
  const isGood = (second: Second | undefined): boolean =>
    second !== undefined && second.offered > 0 && isComplete(second) && second.accepted >= LEAST_SHARE * second.offered && second.p50 <= MOST_SLOWER * before.p50;
  const first = seconds.findIndex((_, i) => Array.from({ length: IN_A_ROW }, (_unused, n) => seconds[i + n]).every(isGood));
  return first === -1 ? undefined : first;
}

function isComplete({ offered, accepted, refused }: Second): boolean {
  return accepted + Object.values(refused).reduce((sum, count) => sum + count, 0) === offered;
}
