import type { BenchOptions } from './options.js';
import type { Comparison, ExperimentName, Side, SubjectName, Workload } from './points.js';

/** Calls in flight for each compute node, so that none has nothing to do between two calls. */
const CALLS_PER_NODE = 4;
/** So that filling a million keys is about keys and not about bytes. */
const KEYS_VALUE_BYTES = 100;
/** Values of 64 KiB need not be many. */
const MAX_SIZED_KEYS = 1_000;
/** Before the window of each slice opens: longer than a call takes under load, so that calls end as evenly as they will. */
export const RAMP_MS = 1_000;

/** Everything that a run measures, in order. */
export function planComparisons(options: BenchOptions): Comparison[] {
  return options.experiments.flatMap((experiment) => PLANS[experiment](options).map((sides) => ({ experiment, sides }))).filter(({ sides }) => sides.length > 0);
}

/** Seconds that measuring takes, without starting networks, filling and warming up. */
export function estimateSeconds(comparisons: readonly Comparison[], { seconds, runs }: Pick<BenchOptions, 'seconds' | 'runs'>): number {
  const sides = comparisons.reduce((sum, comparison) => sum + comparison.sides.length, 0);
  return sides * (seconds + (runs * RAMP_MS) / 1_000);
}

/** `overload` is no comparison of sides: it has one, and a course of its own. */
const PLANS: Readonly<Record<ExperimentName, (options: BenchOptions) => Side[][]>> = {
  load: (options) =>
    options.workloads.flatMap((workload) =>
      options.inFlight.flatMap((inFlight) =>
        // An open loop offers a share of what the closed one reached, so that comes first.
        [...options.loops].sort().map((loop) => subjectsOf(options).map((subject) => ({ ...side(options, subject, workload), inFlight, loop }))),
      ),
    ),
  hot: (options) => {
    if (!options.workloads.includes('update')) return [];
    const hot = (subject: SubjectName): Side => ({ ...side(options, subject, 'update'), spread: 'hot' });
    // Plain Fabric loses what collides, so one at a time may be the best that it can do.
    const plain = options.ledger === 'fabric' ? [hot('plain'), { ...hot('plain'), inFlight: 1 }] : [];
    return [[...plain, hot('selvedge'), ...(options.batch === 0 ? [] : [hot('batched')])]];
  },
  batch: (options) =>
    options.workloads.map((workload) =>
      options.batchSizes.map((batch): Side => (batch === 1 ? side(options, 'selvedge', workload) : { ...side(options, 'batched', workload), batch, inFlight: Math.max(loadOf(options), 2 * batch) })),
    ),
  values: (options) =>
    options.workloads.flatMap((workload) =>
      options.valueSizes.map((valueBytes) => subjectsOf(options).map((subject) => ({ ...side(options, subject, workload), valueBytes, keys: Math.min(options.keys, MAX_SIZED_KEYS) }))),
    ),
  nodes: (options) => [options.nodeCounts.map((computeNodes) => ({ ...side(options, 'selvedge', 'wait'), computeNodes, inFlight: computeNodes * CALLS_PER_NODE }))],
  keys: (options) => {
    const [fewest, ...others] = [...options.keyCounts].sort((a, b) => a - b);
    if (fewest === undefined) return [];
    const at = (keys: number, workload: Workload): Side => ({ ...side(options, 'selvedge', workload), keys, valueBytes: KEYS_VALUE_BYTES });
    // The fewest stand in every comparison, in a network of their own: what is set against them meets the same machine.
    return others.flatMap((keys) => options.workloads.map((workload) => [at(fewest, workload), at(keys, workload)]));
  },
  overload: () => [],
};

function subjectsOf({ ledger, batch }: BenchOptions): SubjectName[] {
  return [...(ledger === 'fabric' ? (['plain', 'public'] as const) : []), 'selvedge', ...(batch === 0 ? [] : (['batched'] as const))];
}

function loadOf({ inFlight }: BenchOptions): number {
  return Math.max(...inFlight);
}

function side(options: BenchOptions, subject: SubjectName, workload: Workload): Side {
  const { computeNodes, keys, valueBytes, batch } = options;
  return { subject, workload, loop: 'closed', inFlight: loadOf(options), batch: subject === 'batched' ? batch : 1, valueBytes, keys, spread: 'uniform', computeNodes };
}
