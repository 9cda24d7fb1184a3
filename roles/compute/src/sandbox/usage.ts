import { readdir, readFile } from 'node:fs/promises';

/** What a process and everything that it started use together. */
export interface ProcessUsage {
  readonly processes: number;
  /** Processor time of those that still run, in milliseconds. */
  readonly cpuMs: number;
  /** Resident memory in bytes; shared pages count once for each process. */
  readonly residentBytes: number;
  /** Whether the main thread of one of them runs or waits for a processor. */
  readonly isComputing: boolean;
}

/** USER_HZ is 100 on every architecture that Linux runs Node on. */
const MS_PER_TICK = 10;
const PAGE_BYTES = 4096;

/** Reads what a process tree uses from /proc; undefined when the process is gone or /proc tells nothing. */
export async function readUsage(pid: number): Promise<ProcessUsage | undefined> {
  const own = await readOne(pid);
  if (own === undefined) return undefined;
  let { processes, cpuMs, residentBytes, isComputing } = own.usage;
  for (const child of own.children) {
    const usage = await readUsage(child);
    if (usage === undefined) continue;
    processes += usage.processes;
    cpuMs += usage.cpuMs;
    residentBytes += usage.residentBytes;
    isComputing ||= usage.isComputing;
  }
  return { processes, cpuMs, residentBytes, isComputing };
}

async function readOne(pid: number): Promise<{ usage: ProcessUsage; children: number[] } | undefined> {
  const directory = `/proc/${String(pid)}`;
  try {
    const [stat, tasks] = await Promise.all([readFile(`${directory}/stat`, 'utf8'), readdir(`${directory}/task`)]);
    // Each thread has the children that it started itself.
    const children = await Promise.all(tasks.map((task) => readFile(`${directory}/task/${task}/children`, 'utf8').catch(() => '')));
    // The command in field 2 may hold spaces and ends with the last parenthesis; fields 3, 14, 15 and 24 follow.
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const fields = [0, ...rest.map(Number)];
    const [userTicks = 0, systemTicks = 0, pages = 0] = [fields[11], fields[12], fields[21]];
    const usage = { processes: 1, cpuMs: (userTicks + systemTicks) * MS_PER_TICK, residentBytes: Math.max(0, pages) * PAGE_BYTES, isComputing: state === 'R' };
    return { usage, children: children.join(' ').split(' ').filter(Boolean).map(Number) };
  } catch {
    return undefined;
  }
}
