import { readFileSync } from 'node:fs';

/** A process, so that another that got its number later is not taken for it. */
export interface WriterProcess {
  readonly pid: number;
  /** When it started, as the system tells it; undefined where it does not. */
  readonly startedAt: string | undefined;
}

/** This process. */
export function ownProcess(): WriterProcess {
  return { pid: process.pid, startedAt: startOf(process.pid) };
}

/** Whether a process runs, as far as this one can see: not in another container or on another machine. */
export function isRunning({ pid, startedAt }: WriterProcess): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // One of another user exists all the same.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return startOf(pid) === startedAt;
}

/** Field 22 of Linux’s /proc/PID/stat, ticks since the machine started, with the machine’s start. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    // The second field, the command in brackets, may hold spaces and brackets.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${String(ticks)}`;
  } catch {
    return undefined;
  }
}
