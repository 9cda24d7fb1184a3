import { readdirSync, readFileSync } from 'node:fs';

/** Kernel clock ticks per second; Linux fixes the value that user space sees at 100. */
const TICKS_PER_SECOND = 100;

/** CPU time of one process, its children not included, in milliseconds; 0 when it is gone. Linux only. */
export function cpuMs(pid: number): number {
  return readCpuMs(`/proc/${String(pid)}/stat`);
}

/** CPU time of one thread of a process, in milliseconds; 0 when it is gone. A process's first thread has its id. Linux only. */
export function threadCpuMs(pid: number, thread: number): number {
  return readCpuMs(`/proc/${String(pid)}/task/${String(thread)}/stat`);
}

function readCpuMs(statFile: string): number {
  try {
    const fields = readFileSync(statFile, 'utf8').replace(/^.*\) /, '').split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

/** Resident memory in MiB, what it has mapped included; 0 when the process is gone. Linux only. */
export function residentMiB(pid: number): number {
  return readMemoryMiB(pid, 'VmRSS');
}

/**
 * Resident memory in MiB that is the process's own: not the pages of its program and of the stores that it has mapped, which
 * grow with what is committed and which the system takes back at will. 0 when it is gone. Linux only.
 */
export function ownMemoryMiB(pid: number): number {
  return readMemoryMiB(pid, 'RssAnon');
}

function readMemoryMiB(pid: number, kind: 'VmRSS' | 'RssAnon'): number {
  try {
    const match = new RegExp(`^${kind}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
    return match?.[1] === undefined ? 0 : Number(match[1]) / 1_024;
  } catch {
    return 0;
  }
}

/** All descendants of a process, such as a compute node's chaincode processes. */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const fields = readFileSync(`/proc/${name}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
      parents.set(Number(name), Number(fields[1]));
    } catch {
      // ended meanwhile
    }
  }
  const found = [pid];
  for (const parent of found) for (const [child, itsParent] of parents) if (itsParent === parent) found.push(child);
  return found.slice(1);
}
