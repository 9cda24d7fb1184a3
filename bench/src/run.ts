import path from 'node:path';
import { readMemory } from './accounting.js';
import { openBenchNetwork, type BenchNetwork } from './bench-network.js';
import { betweenFloors, measureCryptoFloor, type CryptoFloor } from './crypto-floor.js';
import { describeMachine, readVersions } from './machine.js';
import { measureComparison, type Slicing } from './measure.js';
import { describeMethod } from './method.js';
import type { BenchOptions } from './options.js';
import { measureOverload, type OverloadResult } from './overload/measure-overload.js';
import { overloadRatios } from './overload/overload-ratios.js';
import { estimateSeconds, planComparisons } from './plan.js';
import type { Comparison, Measurement, Side } from './points.js';
import { ratiosOf } from './ratios.js';
import type { BenchResult } from './result.js';
import { describeSide } from './side-text.js';

/** How a run tells what it does, and how it is ended before its time. */
export interface BenchControl {
  readonly say: (text: string) => void;
  readonly interrupted: Promise<never>;
}

/**
 * Measures everything that the options ask for.
 *
 * @param directory empty; networks lie below it
 * @param interrupted rejects to end the run: then its networks are ended, and this rejects as that did
 */
export async function runBench(options: BenchOptions, args: readonly string[], directory: string, { say, interrupted }: BenchControl): Promise<BenchResult> {
  const startedAt = new Date().toISOString();
  const versions = readVersions(options.ledger, import.meta.dirname);
  const planned = planComparisons(options);
  say(`${String(planned.length)} comparisons, about ${String(Math.ceil(estimateSeconds(planned, options) / 60))} min of measuring, beside starting networks and filling them`);
  const measureFloor = (): CryptoFloor => {
    say('measuring the crypto floor …');
    return measureCryptoFloor({ batch: Math.max(1, options.batch) });
  };
  const floorBefore = measureFloor();
  const measurements: Measurement[] = [];
  let memoryMiB: Readonly<Record<string, number>> = {};
  let overload: OverloadResult | undefined;
  const slicing: Slicing = { runs: options.runs, sliceMs: (options.seconds * 1_000) / options.runs };
  const measureAll = async (comparisons: readonly Comparison[], benchOf: (side: Side) => BenchNetwork): Promise<void> => {
    for (const comparison of comparisons) {
      say(describe(comparison, planned.indexOf(comparison) + 1, planned.length));
      measurements.push(...(await Promise.race([measureComparison(comparison, slicing, { number: planned.indexOf(comparison), benchOf, earlier: measurements, say }), interrupted])));
    }
  };
  const shared = planned.filter(({ experiment }) => experiment !== 'keys');
  const isOverloaded = options.experiments.includes('overload');
  if (shared.length > 0 || isOverloaded) {
    const isPlainWanted = shared.some(({ sides }) => sides.some(({ subject }) => subject === 'plain' || subject === 'public'));
    say('starting the network …');
    const bench = await openBenchNetwork(options, path.join(directory, 'network'), { isPlainWanted, say });
    try {
      await measureAll(shared, () => bench);
      // Last: it leaves the network with more behind it than the others.
      if (isOverloaded) overload = await Promise.race([measureOverload(options, bench, say), interrupted]);
      memoryMiB = readMemory(bench.network);
    } finally {
      await bench.close();
    }
  }
  const byKeys = planned.filter(({ experiment }) => experiment === 'keys');
  if (byKeys.length > 0) await withTwoNetworks(options, directory, say, (benchOf) => measureAll(byKeys, benchOf));
  const floor = betweenFloors(floorBefore, measureFloor());
  return {
    ledger: options.ledger,
    startedAt,
    arguments: args,
    machine: describeMachine(),
    versions,
    method: describeMethod(options),
    floor,
    measurements,
    memoryMiB,
    ...(overload === undefined ? {} : { overload }),
    ratios: [...ratiosOf(measurements, floor), ...(overload === undefined ? [] : overloadRatios(overload))],
  };
}

/** One network holds the fewest keys all the time, the other grows. */
async function withTwoNetworks(options: BenchOptions, directory: string, say: (text: string) => void, use: (benchOf: (side: Side) => BenchNetwork) => Promise<void>): Promise<void> {
  const fewest = Math.min(...options.keyCounts);
  say('starting two networks, for few keys and for many …');
  const few = await openBenchNetwork(options, path.join(directory, 'few-keys'), { isPlainWanted: false, say });
  try {
    const many = await openBenchNetwork(options, path.join(directory, 'many-keys'), { isPlainWanted: false, say });
    try {
      await use(({ keys }) => (keys === fewest ? few : many));
    } finally {
      await many.close();
    }
  } finally {
    await few.close();
  }
}

function describe({ experiment, sides }: Comparison, number: number, of: number): string {
  const [first] = sides;
  const subjects = [...new Set(sides.map(({ subject }) => subject))].join(', ');
  return `${String(number)}/${String(of)} ${experiment}: ${first?.workload ?? ''}, ${first === undefined ? '' : describeSide(first)}; ${subjects} …`;
}
