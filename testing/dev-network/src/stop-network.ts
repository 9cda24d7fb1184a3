import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { layoutOf } from './layout.js';
import { isStillRunning, readProcesses, removeProcesses, type RecordedProcess } from './processes.js';

const POLL_MS = 50;

/**
 * Stops the network in a folder from another process: asks the one that runs it, and ends what it left behind. Only
 * recorded processes get a signal, and only while their pid still means the same process.
 * @returns names of the processes that were ended
 */
export async function stopNetwork(directory: string, graceMs = 20_000): Promise<string[]> {
  const layout = layoutOf(resolve(directory));
  const recorded = await readProcesses(layout);
  if (recorded === undefined) return [];
  const wasRunning = [recorded.supervisor, ...recorded.nodes].filter(isStillRunning);
  await end([recorded.supervisor], 'SIGTERM', graceMs);
  await end(recorded.nodes, 'SIGTERM', graceMs);
  await end([recorded.supervisor, ...recorded.nodes], 'SIGKILL', graceMs);
  await removeProcesses(layout);
  return wasRunning.map(({ name }) => name);
}

async function end(processes: readonly RecordedProcess[], signal: 'SIGTERM' | 'SIGKILL', graceMs: number): Promise<void> {
  for (const { pid } of processes.filter(isStillRunning)) process.kill(pid, signal);
  const deadline = performance.now() + graceMs;
  while (processes.some(isStillRunning) && performance.now() < deadline) await sleep(POLL_MS);
}
