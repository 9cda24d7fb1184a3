import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { SUBJECTS } from '../points.js';
import type { Point } from './costs.js';
import type { Counts } from './layout.js';

/** What a prediction takes from a file of `--json`. */
export interface Measured {
  readonly ledger: 'embedded' | 'fabric';
  readonly arguments: readonly string[];
  readonly cores: number;
  /** Processes that ran, of the parts that every call costs all of. */
  readonly counts: Counts;
  /** Closed loops over uniform keys that varied nothing but the calls in flight. */
  readonly points: readonly Point[];
}

const MAX_BYTES = 16 * 1024 * 1024;
const MAX_POINTS = 1_000;
const MAX_PROCESSES = 256;
const MAX_PARTS = 32;
const MAX_CORES = 4_096;
const MAX_IN_FLIGHT = 1_024;
const MAX_BATCH = 256;
/** Names and arguments are printed, so they are no more than what a run writes. */
const PART = /^[a-z][a-z-]{0,39}$/;
const PRINTABLE = /^[\x20-\x7e]*$/;
const COUNTED = ['peer', 'endorser', 'business', 'policy-chaincode'];

/** Throws RangeError when the file is not there, too large, or none that the benchmark wrote. */
export function readResultFile(file: string): Measured {
  let handle: number | undefined;
  try {
    handle = openSync(file, 'r');
    const { size } = fstatSync(handle);
    if (size > MAX_BYTES) throw new RangeError(`${file} has ${String(size)} bytes, more than a benchmark's file may`);
    return parseResult(readFileSync(handle, 'utf8'));
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new RangeError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** Throws RangeError for anything that a run of the benchmark does not write. */
export function parseResult(text: string): Measured {
  let content: unknown;
  try {
    if (text.length <= MAX_BYTES) content = JSON.parse(text);
  } catch {
    // Said below.
  }
  const whole = record(content, 'the file');
  const { ledger, measurements } = whole;
  if (ledger !== 'embedded' && ledger !== 'fabric') throw wrong('ledger');
  if (!Array.isArray(measurements) || measurements.length > MAX_POINTS) throw wrong('measurements');
  const given: unknown = whole.arguments;
  const processes = Object.keys(record(whole.memoryMiB, 'memoryMiB'));
  if (processes.length > MAX_PROCESSES) throw wrong('memoryMiB');
  return {
    ledger,
    arguments: Array.isArray(given) ? given.filter((each): each is string => typeof each === 'string' && PRINTABLE.test(each)) : [],
    cores: count(record(whole.machine, 'machine').cores, 'machine.cores', MAX_CORES),
    counts: Object.fromEntries(COUNTED.map((part) => [part, Math.max(1, processes.filter((name) => name.startsWith(`${part}-`)).length)])),
    points: measurements.flatMap((each) => pointOf(record(each, 'measurements'))),
  };
}

function pointOf(point: Readonly<Record<string, unknown>>): Point[] {
  if (point.experiment !== 'load' || point.loop !== 'closed' || point.spread !== 'uniform') return [];
  const subject = SUBJECTS.find((name) => name === point.subject);
  const { workload, perSecond } = point;
  if (subject === undefined || (workload !== 'update' && workload !== 'query')) throw wrong('measurements');
  const inFlight = count(point.inFlight, 'inFlight', MAX_IN_FLIGHT);
  const batch = count(point.batch, 'batch', MAX_BATCH);
  const cpu = Object.entries(record(point.cpu, 'cpu')).map(([part, ms]): [string, number] => [part, amount(ms, 'cpu')]);
  if (cpu.length > MAX_PARTS || !cpu.every(([part]) => PART.test(part) && !(part in {}))) throw wrong('cpu');
  // A slice in which no call ended says nothing.
  return perSecond === 0 || cpu.length === 0 ? [] : [{ subject, workload, inFlight, batch, perSecond: amount(perSecond, 'perSecond'), cpu: Object.fromEntries(cpu) }];
}

function record(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(name);
  return value as Readonly<Record<string, unknown>>;
}

function count(value: unknown, name: string, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > most) throw wrong(name);
  return value;
}

function amount(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw wrong(name);
  return value;
}

function wrong(name: string): RangeError {
  return new RangeError(`not a file that --json wrote: ${name} is missing or not as it should be`);
}
