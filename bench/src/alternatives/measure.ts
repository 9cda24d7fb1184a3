import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeMachine } from '../machine.js';
import type { BenchOptions } from '../options.js';
import { cpuMs, descendants, threadCpuMs } from '../processes.js';
import type { BenchControl } from '../run.js';
import { median } from '../summary.js';
import { closedLoop } from '../workload.js';
import { openChaincodeWays } from './chaincode-ways.js';
import { openCryptoWays } from './crypto-ways.js';
import type { Choice, Choices, Way } from './ways.js';

const CONTRACT = fileURLToPath(new URL('../../contract', import.meta.url));
const WARM_UP_MS = 1_500;
const RAMP_MS = 200;

/** One slice of a way, for each piece of work. */
export interface WaySlice {
  readonly perSecond: number;
  /** CPU milliseconds of the thread that serves everything else. */
  readonly mainMs: number;
  /** CPU milliseconds of this process, all its threads. */
  readonly nodeMs: number;
  /** CPU milliseconds of chaincode processes. */
  readonly chaincodeMs: number;
}

export interface MeasuredWay {
  readonly name: string;
  /** Medians over slices. */
  readonly perSecond: number;
  readonly mainMs: number;
  readonly nodeMs: number;
  readonly chaincodeMs: number;
  /** Medians over pairs of neighbouring slices, this way's to the first way's. */
  readonly rateOfFirst: number;
  readonly cpuOfFirst: number;
}

export interface AlternativesResult {
  readonly machine: ReturnType<typeof describeMachine>;
  readonly node: string;
  readonly valueBytes: number;
  readonly slices: number;
  readonly choices: readonly { readonly what: string; readonly ways: readonly MeasuredWay[] }[];
}

/**
 * Measures what a compute node could do otherwise: run chaincode in its own process or in several, and cryptography on other threads.
 *
 * @throws Error when a way does not give the result that it should
 */
export async function measureAlternatives({ runs, seconds, valueBytes }: BenchOptions, directory: string, { say, interrupted }: BenchControl): Promise<AlternativesResult> {
  const sources: Choices[] = [];
  try {
    sources.push(await openChaincodeWays(CONTRACT, path.join(directory, 'alternatives'), valueBytes));
    sources.push(openCryptoWays(valueBytes));
    const choices = sources.flatMap((source) => source.choices);
    const measured: AlternativesResult['choices'][number][] = [];
    for (const choice of choices) {
      say(`${String(measured.length + 1)}/${String(choices.length)} ${choice.what}: ${choice.ways.map(({ name }) => name).join(', ')} …`);
      measured.push({ what: choice.what, ways: await Promise.race([measureChoice(choice, runs, (seconds * 1_000) / runs), interrupted]) });
    }
    return { machine: describeMachine(), node: process.version, valueBytes, slices: runs, choices: measured };
  } finally {
    for (const source of sources) await source.close();
  }
}

/** The ways take turns: A B C A B C … */
async function measureChoice({ ways }: Choice, runs: number, sliceMs: number): Promise<MeasuredWay[]> {
  for (const way of ways) await measureSlice(way, WARM_UP_MS);
  const slices = ways.map((): WaySlice[] => []);
  for (let run = 0; run < runs; run += 1) for (const [i, way] of ways.entries()) slices[i]?.push(await measureSlice(way, sliceMs));
  return ways.map(({ name }, i) => summariseWay(name, slices[i] ?? [], slices[0] ?? []));
}

async function measureSlice(way: Way, ms: number): Promise<WaySlice> {
  const opened = { mainMs: 0, nodeMs: 0, chaincodeMs: 0 };
  const closed = { ...opened };
  const failures: unknown[] = [];
  const call = async (): Promise<void> => {
    try {
      await way.call();
    } catch (error) {
      failures.push(error);
      throw error;
    }
  };
  const { calls } = await closedLoop(way.atOnce, { rampMs: RAMP_MS, ms, onOpen: () => Object.assign(opened, readUsed()), onClose: () => Object.assign(closed, readUsed()) }, call);
  if (failures.length > 0) throw failures[0];
  const done = calls * way.size;
  const each = (name: keyof typeof opened): number => (closed[name] - opened[name]) / done;
  return { perSecond: (done * 1_000) / ms, mainMs: each('mainMs'), nodeMs: each('nodeMs'), chaincodeMs: each('chaincodeMs') };
}

function readUsed(): { mainMs: number; nodeMs: number; chaincodeMs: number } {
  return {
    mainMs: threadCpuMs(process.pid, process.pid),
    nodeMs: cpuMs(process.pid),
    chaincodeMs: descendants(process.pid).reduce((sum, pid) => sum + cpuMs(pid), 0),
  };
}

/** What slices of a way say, beside those of the first way that they took turns with. */
export function summariseWay(name: string, slices: readonly WaySlice[], first: readonly WaySlice[]): MeasuredWay {
  const of = (value: (slice: WaySlice) => number): number => median(slices.map(value));
  const ofFirst = (value: (slice: WaySlice) => number): number => median(slices.map((slice, i) => value(slice) / (first[i] === undefined ? Number.NaN : value(first[i]))));
  const rate = ({ perSecond }: WaySlice): number => perSecond;
  const cpu = ({ nodeMs, chaincodeMs }: WaySlice): number => nodeMs + chaincodeMs;
  return {
    name,
    perSecond: of(rate),
    mainMs: of(({ mainMs }) => mainMs),
    nodeMs: of(({ nodeMs }) => nodeMs),
    chaincodeMs: of(({ chaincodeMs }) => chaincodeMs),
    rateOfFirst: ofFirst(rate),
    cpuOfFirst: ofFirst(cpu),
  };
}
