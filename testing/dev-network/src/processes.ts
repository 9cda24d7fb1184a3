import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { readJson, writeJson } from './files.js';
import type { Layout } from './layout.js';

/** A process as it is recorded, so that another one can tell whether a pid still means the same process. */
export interface RecordedProcess {
  readonly name: string;
  readonly pid: number;
  /** Clock ticks since boot at its start (Linux, /proc); '' elsewhere. */
  readonly startedAt: string;
}

/** processes.json: who runs the network, and what runs in it. */
export interface RecordedProcesses {
  readonly supervisor: RecordedProcess;
  readonly nodes: readonly RecordedProcess[];
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

export function writeProcesses(layout: Layout, processes: RecordedProcesses): Promise<void> {
  return writeJson(layout.processesFile, processes);
}

/** undefined when no network runs, or none was ended without a word. */
export async function readProcesses(layout: Layout): Promise<RecordedProcesses | undefined> {
  return (await readJson(layout.processesFile)) as RecordedProcesses | undefined;
}

export function removeProcesses(layout: Layout): Promise<void> {
  return rm(layout.processesFile, { force: true });
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
