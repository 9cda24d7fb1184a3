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

/** CPU time in milliseconds, by part. */
export type CpuByPart = Readonly<Record<string, number>>;

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

/** CPU time used so far, by part. */
export function readCpu(processes: readonly CountedProcess[]): CpuByPart {
  const parts: Record<string, number> = {};
  for (const { part, pid } of processes) parts[part] = (parts[part] ?? 0) + cpuMs(pid);
  return parts;
}

/** What was used between two readings. */
export function cpuBetween(before: CpuByPart, after: CpuByPart): CpuByPart {
  return Object.fromEntries(Object.entries(after).map(([part, used]) => [part, used - (before[part] ?? 0)]));
}

/** Resident memory of each process, in MiB. */
export function readMemory(network: DevNetwork): Readonly<Record<string, number>> {
  return Object.fromEntries(network.nodes().map(({ name, pid }) => [name, residentMiB(pid)]));
}
