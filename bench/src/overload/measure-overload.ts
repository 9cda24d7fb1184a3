import type { BenchNetwork } from '../bench-network.js';
import { warmUp, windowFor } from '../measure.js';
import type { BenchOptions } from '../options.js';
import type { Side, Workload } from '../points.js';
import { median } from '../summary.js';
import { closedLoop, type Call } from '../workload.js';
import { compareMemory, type ProcessMemory } from './memory.js';
import { recoveryOf, summarisePhase, type Phase } from './phases.js';
import { startSampler, takeSample, type Sample } from './samples.js';
import { createTimeline, type Second } from './timeline.js';

/** Several, since gateways know nothing of each other: what one may have under way does not bound what nodes get. */
const GATEWAYS = 4;
/** As many as all gateways let in, so that calls under way do not meet on a key. */
const LEAST_KEYS = 4_096;
const FACTOR = 4;
const HALF = 0.5;
/** More than all gateways let in. */
const MAX_OUTSTANDING = 16_384;
const WARM_UP_MS = 2_000;
/** At half the capacity before the overload: seconds that settle, and those that count. */
const SETTLING_SECONDS = 5;
const BEFORE_SECONDS = 10;
/** At half the capacity after it: it is over when the calls are as they were before, or after so long. */
export const MAX_RECOVERY_SECONDS = 60;
const MEMORY_STRETCH_SECONDS = 60;
/** After the last call, before memory and queues are looked at for the last time. */
const REST_MS = 5_000;

/** What a row of seconds had, with what was seen of the processes in it. */
export interface Moment extends Second {
  /** Since the overload began; negative before it. */
  readonly second: number;
  /** Of all processes together. */
  readonly memoryMiB: number | undefined;
  readonly queued: Readonly<Record<string, number>> | undefined;
}

/** What became of a network that was offered four times what it carries. */
export interface OverloadResult {
  readonly workload: Workload;
  /** Requests of one batch, at most; 1: each by itself. */
  readonly batch: number;
  readonly gateways: number;
  /** In a closed loop. */
  readonly capacityPerSecond: number;
  readonly before: Phase;
  readonly overload: Phase;
  /** Undefined: not within MAX_RECOVERY_SECONDS. */
  readonly recoverySeconds: number | undefined;
  readonly memory: readonly ProcessMemory[];
  /** By process: the most that ran or waited, and what did when all was over. */
  readonly queues: Readonly<Record<string, { readonly most: number; readonly after: number }>>;
  /** Processes that are not there any more. */
  readonly died: readonly string[];
  /** Most calls that were under way at once in the generator. */
  readonly mostOutstanding: number;
  readonly moments: readonly Moment[];
}

/**
 * Measures the capacity in a closed loop, then offers half of it, four times it for `overloadSeconds`, and half of it again until calls
 * are as they were before.
 */
export async function measureOverload(options: BenchOptions, bench: BenchNetwork, say: (text: string) => void): Promise<OverloadResult> {
  const side = sideOf(options);
  await bench.fill(side);
  const call = await bench.callOverGateways(side, GATEWAYS);
  say('overload: measuring the capacity …');
  const slowCallMs = await warmUp({ side, call }, WARM_UP_MS, undefined);
  const capacityPerSecond = await capacityOf(options, side, call, slowCallMs);
  if (!(capacityPerSecond > 0)) throw new Error('no call of the closed loop succeeded: there is no capacity to go beyond');

  const sampler = startSampler(bench);
  const startedAt = performance.now();
  const timeline = createTimeline(call, MAX_OUTSTANDING);
  const begin = SETTLING_SECONDS + BEFORE_SECONDS;
  const end = begin + options.overloadSeconds;
  say(`overload: half of ${capacityPerSecond.toFixed(0)}/s …`);
  await timeline.offer(capacityPerSecond * HALF, begin);
  say(`overload: ${String(FACTOR)} times ${capacityPerSecond.toFixed(0)}/s for ${String(options.overloadSeconds)} s …`);
  await timeline.offer(capacityPerSecond * FACTOR, options.overloadSeconds);
  say('overload: half of it again …');
  const before = (): Phase => summarisePhase(timeline.seconds().slice(SETTLING_SECONDS, begin));
  const recovery = (): number | undefined => recoveryOf(timeline.seconds().slice(end), before());
  for (let second = 0; second < MAX_RECOVERY_SECONDS && recovery() === undefined; second += 1) await timeline.offer(capacityPerSecond * HALF, 1);
  await timeline.drain();
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  await sampler.stop();
  const after = await takeSample(bench, performance.now());

  const seconds = timeline.seconds();
  const isIn = ({ atMs }: Sample): boolean => atMs >= startedAt + begin * 1_000 && atMs < startedAt + end * 1_000;
  return {
    workload: side.workload,
    batch: side.batch,
    gateways: GATEWAYS,
    capacityPerSecond,
    before: before(),
    overload: summarisePhase(seconds.slice(begin, end)),
    recoverySeconds: recovery(),
    memory: compareMemory(sampler.samples.filter(isIn), Math.min(MEMORY_STRETCH_SECONDS, options.overloadSeconds / 3) * 1_000, after),
    queues: queuesOf(sampler.samples, after),
    died: bench.network.nodes().filter(({ running }) => !running).map(({ name }) => name),
    mostOutstanding: timeline.mostOutstanding,
    moments: seconds.map((second, i) => momentOf(second, i - begin, sampler.samples.find(({ atMs }) => Math.floor((atMs - startedAt) / 1_000) === i))),
  };
}

function sideOf({ workloads, inFlight, batch, valueBytes, keys, computeNodes }: BenchOptions): Side {
  const [workload = 'update'] = workloads;
  return { subject: batch === 0 ? 'selvedge' : 'batched', workload, loop: 'closed', inFlight: Math.max(...inFlight), batch: Math.max(1, batch), valueBytes, keys: Math.max(keys, LEAST_KEYS), spread: 'uniform', computeNodes };
}

async function capacityOf({ runs, seconds }: BenchOptions, { inFlight }: Side, call: Call, slowCallMs: number): Promise<number> {
  const rates: number[] = [];
  for (let run = 0; run < runs; run += 1) rates.push((await closedLoop(inFlight, windowFor(slowCallMs, (seconds * 1_000) / runs), call)).perSecond);
  return median(rates);
}

function queuesOf(samples: readonly Sample[], after: Sample): OverloadResult['queues'] {
  return Object.fromEntries(Object.entries(after.queued).map(([name, left]) => [name, { most: Math.max(left, ...samples.map(({ queued }) => queued[name] ?? 0)), after: left }]));
}

function momentOf(second: Second, number: number, sample: Sample | undefined): Moment {
  return { ...second, second: number, memoryMiB: sample === undefined ? undefined : Object.values(sample.memoryMiB).reduce((sum, size) => sum + size, 0), queued: sample?.queued };
}
