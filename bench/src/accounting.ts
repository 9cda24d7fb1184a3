import type { DevNetwork } from '@selvedge/dev-network';
import { cpuMs, descendants, residentMiB } from './processes.js';

/** CPU time used so far by each part of the network, in milliseconds. */
export type CpuByPart = Readonly<Record<string, number>>;

/**
 * CPU of every part: all processes of a service together, the chaincode processes apart from their compute node, and
 * this process as the client.
 */
export function readCpu(network: DevNetwork): CpuByPart {
  const parts: Record<string, number> = { client: cpuMs(process.pid), chaincode: 0 };
  for (const { service, pid } of network.nodes()) {
    parts[service] = (parts[service] ?? 0) + cpuMs(pid);
    if (service === 'compute') for (const child of descendants(pid)) parts.chaincode = (parts.chaincode ?? 0) + cpuMs(child);
  }
  return parts;
}

/** CPU per call in milliseconds, by part. */
export function cpuPerCall(before: CpuByPart, after: CpuByPart, calls: number): CpuByPart {
  return Object.fromEntries(Object.entries(after).map(([part, used]) => [part, (used - (before[part] ?? 0)) / Math.max(1, calls)]));
}

/** Resident memory of each process, in MiB. */
export function readMemory(network: DevNetwork): CpuByPart {
  return Object.fromEntries(network.nodes().map(({ name, pid }) => [name, residentMiB(pid)]));
}
