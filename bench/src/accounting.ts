import type { DevNetwork } from '@selvedge/dev-network';
import { cpuMs, descendants, residentMiB } from './processes.js';

/** A process whose CPU time counts. */
export interface CountedProcess {
  /** Unique, such as peer-north or compute-1. */
  readonly name: string;
  /** What it is summed up under, such as peer. */
  readonly part: string;
  readonly pid: number;
}

/** CPU time used so far by each process, in milliseconds, by name. */
export type CpuByProcess = Readonly<Record<string, number>>;

/** Every process of the network, the chaincode processes apart from their compute node, and this process as the client. */
export function processesOf(network: DevNetwork): CountedProcess[] {
  const own = { name: 'client', part: 'client', pid: process.pid };
  const nodes = network.nodes().flatMap(({ name, service, pid }): CountedProcess[] => {
    const node = { name, part: service, pid };
    if (service !== 'compute') return [node];
    return [node, ...descendants(pid).map((child, i) => ({ name: `${name}-chaincode-${String(i + 1)}`, part: 'chaincode', pid: child }))];
  });
  return [own, ...nodes];
}

/** CPU time of each process until now. */
export function readCpu(processes: readonly CountedProcess[]): CpuByProcess {
  return Object.fromEntries(processes.map(({ name, pid }) => [name, cpuMs(pid)]));
}

/** CPU per call in milliseconds, by process. */
export function cpuPerCall(before: CpuByProcess, after: CpuByProcess, calls: number): CpuByProcess {
  return Object.fromEntries(Object.entries(after).map(([name, used]) => [name, (used - (before[name] ?? 0)) / Math.max(1, calls)]));
}

/** The same, summed up by part. */
export function byPart(cpu: CpuByProcess, processes: readonly CountedProcess[]): CpuByProcess {
  const parts: Record<string, number> = {};
  for (const { name, part } of processes) parts[part] = (parts[part] ?? 0) + (cpu[name] ?? 0);
  return parts;
}

/** Resident memory of each process, in MiB. */
export function readMemory(network: DevNetwork): Readonly<Record<string, number>> {
  return Object.fromEntries(network.nodes().map(({ name, pid }) => [name, residentMiB(pid)]));
}
