import { readFileSync } from 'node:fs';

/** A process as it is recorded, so that another one can tell whether a pid still means the same process. */
export interface RecordedProcess {
  readonly name: string;
  readonly pid: number;
  /** Clock ticks since boot at its start (Linux, /proc); '' elsewhere. */
  readonly startedAt: string;
}

/** Names a running process. */
export function recordProcess(name: string, pid: number): RecordedProcess {
  return { name, pid, startedAt: startOf(pid) ?? '' };
}

/** Whether the recorded process still runs: a pid that was given to another process does not count. */
export function isStillRunning({ pid, startedAt }: RecordedProcess): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return (startOf(pid) ?? '') === startedAt;
}

/** Field 22 of /proc/<pid>/stat; the command in field 2 may hold spaces and ends with the last parenthesis. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
