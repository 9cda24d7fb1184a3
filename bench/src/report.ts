import { byPart, type CountedProcess, type CpuByProcess } from './accounting.js';
import type { CryptoFloor } from './crypto-floor.js';
import type { Point } from './workload.js';

/** Who did the work: Selvedge, one request at a time or in batches, or plain Fabric chaincode over a private data collection on the same network. */
export type SubjectName = 'selvedge' | 'batched' | 'plain';
export type Workload = 'update' | 'query';

/** One measured line: what was called, how fast, and what it cost each process. */
export interface Measurement extends Point {
  readonly subject: SubjectName;
  readonly workload: Workload;
  /** CPU milliseconds per call, by process. */
  readonly cpu: CpuByProcess;
}

export interface BenchResult {
  readonly ledger: 'embedded' | 'fabric';
  readonly machine: { readonly cores: number; readonly model: string; readonly node: string };
  readonly computeNodes: number;
  readonly floor: CryptoFloor;
  readonly processes: readonly CountedProcess[];
  readonly measurements: readonly Measurement[];
  readonly memoryMiB: Readonly<Record<string, number>>;
  readonly ratios: Readonly<Record<string, number>>;
  readonly method: string;
}

/** The whole report as text. */
export function renderReport(result: BenchResult): string {
  const { measurements, processes, machine } = result;
  const lines = [`${machine.model}, ${String(machine.cores)} cores, Node ${machine.node}, ${result.ledger} ledger, ${String(result.computeNodes)} compute node(s)`, ''];
  lines.push(row(['subject', 'workload', 'loop', 'in flight', 'offered/s', 'per s', 'p50 ms', 'p95 ms', 'calls', 'refused']));
  for (const { subject, workload, loop, inFlight, offeredPerSecond, perSecond, p50, p95, calls, failures } of measurements) {
    const refused = Object.entries(failures).map(([code, count]) => `${code} ${String(count)}`).join(', ');
    lines.push(row([subject, workload, loop, String(inFlight), offeredPerSecond?.toFixed(0) ?? '–', perSecond.toFixed(0), p50.toFixed(1), p95.toFixed(1), String(calls), refused === '' ? '0' : refused]));
  }
  lines.push('', 'CPU per call, ms');
  const parts = [...new Set(processes.map(({ part }) => part))];
  lines.push(row(['subject', 'workload', 'loop', 'in flight', ...parts.map((part) => part.slice(0, 10)), 'all']));
  for (const { subject, workload, loop, inFlight, cpu } of measurements) {
    const summed = byPart(cpu, processes);
    const all = Object.values(summed).reduce((sum, value) => sum + value, 0);
    lines.push(row([subject, workload, loop, String(inFlight), ...parts.map((part) => (summed[part] ?? 0).toFixed(2)), all.toFixed(2)]));
  }
  lines.push('', 'Crypto floor, CPU ms per request');
  for (const [name, value] of Object.entries(result.floor)) lines.push(`  ${name.padEnd(20)} ${(value as number).toFixed(3)}`);
  lines.push('', 'Ratios');
  for (const [name, value] of Object.entries(result.ratios)) lines.push(`  ${name.padEnd(36)} ${value.toFixed(2)}`);
  lines.push('', `Memory, MiB: ${Object.entries(result.memoryMiB).map(([name, size]) => `${name} ${size.toFixed(0)}`).join(', ')}`, '', result.method);
  return lines.join('\n');
}

const WIDTHS = [9, 8, 7];
function row(cells: readonly string[]): string {
  return cells.map((cell, index) => (index < WIDTHS.length ? cell.padEnd(WIDTHS[index] ?? 0) : cell.padStart(10))).join(' ');
}
