import type { CpuByPart } from './accounting.js';
import type { CryptoFloor } from './crypto-floor.js';
import type { Point } from './workload.js';

/** One measured line: what was called, how fast, and what it cost each part. */
export interface Measurement extends Point {
  readonly workload: 'update' | 'query';
  /** CPU milliseconds per call, by part. */
  readonly cpu: CpuByPart;
}

export interface BenchResult {
  readonly machine: { readonly cores: number; readonly model: string; readonly node: string };
  readonly computeNodes: number;
  readonly floor: CryptoFloor;
  readonly measurements: readonly Measurement[];
  readonly memoryMiB: CpuByPart;
  readonly ratios: Readonly<Record<string, number>>;
}

const METHOD = `Method: closed loop, every role its own process on this machine, simulated TEEs, plain gRPC on loopback. An update reads a private
1 KiB JSON value, checks, adds and writes it back, endorsed by two of three endorser organisations, acknowledged when its owner
has it on disk. A query reads one. CPU by /proc/PID/stat over the measured interval. Crypto floor: the unavoidable cryptographic
operations of one request, timed in this process in this run.`;

/** The whole report as text. */
export function renderReport(result: BenchResult): string {
  const lines = [`${result.machine.model}, ${String(result.machine.cores)} cores, Node ${result.machine.node}, ${String(result.computeNodes)} compute node(s)`, ''];
  lines.push(row(['workload', 'in flight', 'per s', 'p50 ms', 'p95 ms', 'calls', 'refused']));
  for (const { workload, inFlight, perSecond, p50, p95, calls, failures } of result.measurements) {
    const refused = Object.entries(failures).map(([code, count]) => `${code} ${String(count)}`).join(', ');
    lines.push(row([workload, String(inFlight), perSecond.toFixed(0), p50.toFixed(1), p95.toFixed(1), String(calls), refused === '' ? '0' : refused]));
  }
  lines.push('', 'CPU per call, ms');
  const parts = [...new Set(result.measurements.flatMap(({ cpu }) => Object.keys(cpu)))];
  lines.push(row(['workload', 'in flight', ...parts, 'all']));
  for (const { workload, inFlight, cpu } of result.measurements) {
    const all = Object.values(cpu).reduce((sum, value) => sum + value, 0);
    lines.push(row([workload, String(inFlight), ...parts.map((part) => (cpu[part] ?? 0).toFixed(2)), all.toFixed(2)]));
  }
  lines.push('', 'Crypto floor, CPU ms per request');
  for (const [name, value] of Object.entries(result.floor)) lines.push(`  ${name.padEnd(20)} ${(value as number).toFixed(3)}`);
  lines.push('', 'Ratios');
  for (const [name, value] of Object.entries(result.ratios)) lines.push(`  ${name.padEnd(36)} ${value.toFixed(2)}`);
  lines.push('', `Memory, MiB: ${Object.entries(result.memoryMiB).map(([name, size]) => `${name} ${size.toFixed(0)}`).join(', ')}`, '', METHOD);
  return lines.join('\n');
}

function row(cells: readonly string[]): string {
  return cells.map((cell, index) => (index === 0 ? cell.padEnd(9) : cell.padStart(10))).join(' ');
}
