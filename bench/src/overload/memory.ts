import type { Sample } from './samples.js';

/** What one process held in memory of its own. */
export interface ProcessMemory {
  readonly process: string;
  /** Most in the first stretch of the overload, MiB. */
  readonly firstMiB: number;
  /** In its last. */
  readonly lastMiB: number;
  /** When everything was over. */
  readonly afterMiB: number;
}

/** Compares the ends of an overload, process by process; those that were not there all the time are left out. @param stretchMs length of each end */
export function compareMemory(samples: readonly Sample[], stretchMs: number, after: Sample): ProcessMemory[] {
  const [begin, end] = [samples[0]?.atMs ?? 0, samples.at(-1)?.atMs ?? 0];
  const most = (name: string, isIn: (atMs: number) => boolean): number => Math.max(...samples.filter(({ atMs }) => isIn(atMs)).map(({ memoryMiB }) => memoryMiB[name] ?? 0));
  return Object.keys(after.memoryMiB).flatMap((process) => {
    const firstMiB = most(process, (atMs) => atMs <= begin + stretchMs);
    const lastMiB = most(process, (atMs) => atMs >= end - stretchMs);
    return firstMiB > 0 && lastMiB > 0 ? [{ process, firstMiB, lastMiB, afterMiB: after.memoryMiB[process] ?? 0 }] : [];
  });
}

/** The growth of the process that grew most; NaN of none. */
export function mostGrowth(processes: readonly ProcessMemory[]): number {
  return processes.length === 0 ? Number.NaN : Math.max(...processes.map(({ firstMiB, lastMiB }) => lastMiB / firstMiB));
}
