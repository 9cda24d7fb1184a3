import { rm } from 'node:fs/promises';
import { readJson, writeJson, type RecordedProcess } from '@selvedge/service-kit/launch';
import type { Layout } from './layout.js';

export { isStillRunning, recordProcess, type RecordedProcess } from '@selvedge/service-kit/launch';

/** processes.json: who runs the network, and what runs in it. */
export interface RecordedProcesses {
  readonly supervisor: RecordedProcess;
  readonly nodes: readonly RecordedProcess[];
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
