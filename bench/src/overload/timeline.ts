import { failureName, percentile, SYSTEM_CLOCK, type Call, type Clock } from '../workload.js';

/** What came of the calls that were due within one second. */
export interface Second {
  readonly offered: number;
  /** Of these, how many succeeded. */
  readonly accepted: number;
  /** The others that have ended, by code. */
  readonly refused: Readonly<Record<string, number>>;
  /** Of those that succeeded, in milliseconds from the moment at which they were due; NaN when none did. */
  readonly p50: number;
  readonly p95: number;
  /** Calls, whenever they were due, that succeeded within it. */
  readonly ended: number;
}

/** Calls that come at a rate of their own, whatever becomes of them, second by second. */
export interface Timeline {
  /** Offers so many calls a second, for whole seconds; resolves at their end, while calls may still be under way. */
  offer(perSecond: number, seconds: number): Promise<void>;
  /** Resolves when no call is under way any more. */
  drain(): Promise<void>;
  /** So far; those of a second that is not complete yet are those that have ended. */
  seconds(): Second[];
  /** Most calls that were under way at once. */
  readonly mostOutstanding: number;
}

/** Of a call that the generator itself did not make: it has as many under way as it may have. */
export const GENERATOR_FULL = 'GENERATOR_FULL';

interface Tally {
  offered: number;
  ended: number;
  readonly latencies: number[];
  readonly refused: Record<string, number>;
}

const emptyTally = (): Tally => ({ offered: 0, ended: 0, latencies: [], refused: {} });

/** @param maxOutstanding bounds the generator: what is due beyond it is counted as GENERATOR_FULL, and not made */
export function createTimeline(call: Call, maxOutstanding: number, clock: Clock = SYSTEM_CLOCK): Timeline {
  const tallies: Tally[] = [];
  const outstanding = new Set<Promise<void>>();
  const startedAt = clock.nowMs();
  /** Milliseconds that were offered so far. */
  let offeredMs = 0;
  let mostOutstanding = 0;
  const tallyAt = (ms: number): Tally => (tallies[Math.max(0, Math.floor((ms - startedAt) / 1_000))] ??= emptyTally());
  const refuse = (tally: Tally, code: string): void => {
    tally.refused[code] = (tally.refused[code] ?? 0) + 1;
  };

  const make = async (tally: Tally, due: number): Promise<void> => {
    try {
      await call();
      tally.latencies.push(clock.nowMs() - due);
      tallyAt(clock.nowMs()).ended += 1;
    } catch (error) {
      refuse(tally, failureName(error));
    }
  };
  const start = (due: number): void => {
    const tally = tallyAt(due);
    tally.offered += 1;
    if (outstanding.size >= maxOutstanding) {
      refuse(tally, GENERATOR_FULL);
      return;
    }
    const made: Promise<void> = make(tally, due).finally(() => outstanding.delete(made));
    outstanding.add(made);
    mostOutstanding = Math.max(mostOutstanding, outstanding.size);
  };

  return {
    async offer(perSecond, seconds) {
      const from = startedAt + offeredMs;
      const total = Math.round(perSecond * seconds);
      const dueOf = (index: number): number => from + (index * 1_000) / perSecond;
      for (let index = 0; index < total; ) {
        while (index < total && dueOf(index) <= clock.nowMs()) {
          start(dueOf(index));
          index += 1;
        }
        await clock.sleep(Math.max(1, dueOf(index) - clock.nowMs()));
      }
      offeredMs += seconds * 1_000;
      await clock.sleep(Math.max(0, startedAt + offeredMs - clock.nowMs()));
    },
    async drain() {
      while (outstanding.size > 0) await Promise.all(outstanding);
    },
    seconds: () => Array.from(tallies, (tally) => secondOf(tally as Tally | undefined)),
    get mostOutstanding() {
      return mostOutstanding;
    },
  };
}

function secondOf({ offered, ended, latencies, refused }: Tally = emptyTally()): Second {
  const sorted = [...latencies].sort((a, b) => a - b);
  return { offered, ended, accepted: sorted.length, refused: { ...refused }, p50: percentile(sorted, 0.5), p95: percentile(sorted, 0.95) };
}
