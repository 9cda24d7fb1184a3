import { cpuBetween, readCpu, type CpuByPart } from './accounting.js';
import type { BenchNetwork } from './bench-network.js';
import { RAMP_MS } from './plan.js';
import type { Comparison, Measurement, Side, Slice } from './points.js';
import { nameSide } from './side-text.js';
import { summarise } from './summary.js';
import { closedLoop, openLoop, type Call, type Clock, type Window } from './workload.js';

const MINUTE_MS = 60_000;
/** Of one slice of the warm-up. */
const WARM_UP_MS = 2_000;
const MOST_WARM_UPS = 40;
/** A slice that is faster than all before it by less is no gain. */
const LEAST_GAIN = 1.03;
/** So many without a gain in a row end the warm-up. With two, one slice of luck would: code that runs in a dozen processes is compiled over a minute, and neighbouring slices differ by more than is gained between them. */
const SLICES_WITHOUT_GAIN = 6;
/** A window is at least so many times as long as a slow call, or what ends within it would be chance. */
const CALLS_IN_WINDOW = 4;
/** Calls that start together end together, at first: so many of them pass before a window opens. */
const CALLS_IN_RAMP = 2;
/** Where calls are slower than this the windows grow no more. */
const LONGEST_CALL_MS = 15_000;
/** What an open loop offers, of what the closed loop reached. */
const OFFERED_SHARE = 0.8;

/** How a side's slices are taken. */
export interface Slicing {
  readonly runs: number;
  /** Measured length of one slice, where calls are not too slow for it. */
  readonly sliceMs: number;
}

/** Where a comparison stands in a run. */
export interface Place {
  readonly number: number;
  /** The network that a side runs on. */
  readonly benchOf: (side: Side) => Pick<BenchNetwork, 'fill' | 'callOf' | 'processes'>;
  /** What was measured before. */
  readonly earlier: readonly Measurement[];
  /** Tells how far it is: a comparison of slow calls takes many minutes. */
  readonly say: (text: string) => void;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/** A side that is ready to run. */
interface Started {
  readonly side: Side;
  readonly call: Call;
  readonly bench: ReturnType<Place['benchOf']>;
  readonly offeredPerSecond: number | undefined;
}

/** A side that is warm. */
interface Running extends Started {
  readonly name: string;
  readonly window: Pick<Window, 'rampMs' | 'ms'>;
  readonly slices: Slice[];
}

/**
 * Measures the sides of one comparison in turn, slice by slice (A B A B …), so that whatever else the machine does meets all of them.
 * An open loop offers a share of what the closed loop reached, and is left out where none ran.
 */
export async function measureComparison(comparison: Comparison, { runs, sliceMs }: Slicing, { number, benchOf, earlier, say, clock }: Place): Promise<Measurement[]> {
  const started: Started[] = [];
  for (const side of comparison.sides) {
    const offeredPerSecond = side.loop === 'open' ? offeredBy(side, earlier) : undefined;
    if (side.loop === 'open' && offeredPerSecond === undefined) continue;
    const bench = benchOf(side);
    await bench.fill(side);
    started.push({ side, bench, offeredPerSecond, call: await bench.callOf(side) });
  }
  const running: Running[] = [];
  for (const each of started) {
    const name = nameSide(each.side, comparison.sides);
    const slowCallMs = await warmUp(each, Math.min(WARM_UP_MS, runs * sliceMs), clock);
    running.push({ ...each, name, window: windowFor(slowCallMs, sliceMs), slices: [] });
    say(`  ${name} is warm: slow calls take ${slowCallMs.toFixed(0)} ms`);
  }
  const roundMs = running.reduce((sum, { window }) => sum + window.rampMs + window.ms, 0);
  say(`  measuring for ${String(Math.ceil((runs * roundMs) / MINUTE_MS))} min`);
  for (let run = 0; run < runs; run += 1) {
    const rates: string[] = [];
    for (const each of running) {
      const slice = await takeSlice(each, clock);
      each.slices.push(slice);
      rates.push(`${each.name}: ${slice.perSecond.toFixed(0)}/s`);
    }
    say(`  ${String(run + 1)} of ${String(runs)}: ${rates.join('; ')}`);
  }
  return running.map(({ side, offeredPerSecond, slices }) => ({
    experiment: comparison.experiment,
    comparison: number,
    ...side,
    ...(offeredPerSecond === undefined ? {} : { offeredPerSecond }),
    ...summarise(slices),
  }));
}

/**
 * Until it gets no faster: young processes run code that is not compiled yet, and many of them share what calls there are.
 * Slices too short for what is in flight do not count, and the next is longer.
 * Returns how long a slow call takes then, in ms; LONGEST_CALL_MS at most.
 */
export async function warmUp({ side, call }: Pick<Started, 'side' | 'call'>, ms: number, clock: Clock | undefined): Promise<number> {
  let best = 0;
  let without = 0;
  let slowCallMs = 0;
  let sliceMs = ms;
  for (let slices = 0; slices < MOST_WARM_UPS && without < SLICES_WITHOUT_GAIN; slices += 1) {
    const { perSecond, calls, p95 } = await closedLoop(side.inFlight, { rampMs: 0, ms: sliceMs }, call, clock);
    if (calls > 0) slowCallMs = Math.min(p95, LONGEST_CALL_MS);
    if (calls < CALLS_IN_RAMP * side.inFlight && sliceMs < CALLS_IN_RAMP * LONGEST_CALL_MS) {
      sliceMs *= 2;
      continue;
    }
    without = perSecond <= best * LEAST_GAIN ? without + 1 : 0;
    best = Math.max(best, perSecond);
  }
  return slowCallMs;
}

/** The window that calls need which take so long. */
export function windowFor(slowCallMs: number, sliceMs: number): Pick<Window, 'rampMs' | 'ms'> {
  return { rampMs: Math.max(RAMP_MS, CALLS_IN_RAMP * slowCallMs), ms: Math.max(sliceMs, CALLS_IN_WINDOW * slowCallMs) };
}

async function takeSlice({ side, call, bench, offeredPerSecond, window: { rampMs, ms } }: Running, clock: Clock | undefined): Promise<Slice> {
  const processes = bench.processes();
  let before: CpuByPart = {};
  let cpu: CpuByPart = {};
  const window: Window = {
    rampMs,
    ms,
    onOpen: () => {
      before = readCpu(processes);
    },
    onClose: () => {
      cpu = cpuBetween(before, readCpu(processes));
    },
  };
  const slice = offeredPerSecond === undefined ? await closedLoop(side.inFlight, window, call, clock) : await openLoop(side.inFlight, window, offeredPerSecond, call, clock);
  return { ...slice, cpu };
}

function offeredBy(side: Side, earlier: readonly Measurement[]): number | undefined {
  const same = earlier.find((point) => point.experiment === 'load' && point.loop === 'closed' && point.subject === side.subject && point.workload === side.workload && point.inFlight === side.inFlight);
  return same === undefined || same.calls === 0 ? undefined : same.perSecond * OFFERED_SHARE;
}
