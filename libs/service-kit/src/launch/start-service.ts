import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { endWithThisProcess, environmentOf, failedStart, nodeProcessOf, untilExit, type NodeProcess } from './child-process.js';

/** How one service process is started. */
export interface ServiceProcessInput {
  readonly name: string;
  /** Single-file bundle. */
  readonly bundle: string;
  readonly configFile: string;
  /** Standard error is appended to it. */
  readonly logFile: string;
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Flags of Node itself, such as --cpu-prof. */
  readonly nodeFlags?: readonly string[] | undefined;
  readonly readyTimeoutMs: number;
}

/**
 * For ten processes that share a machine and its memory. A core that collects one's garbage beside it is missing to another,
 * so each collects its own; a small young generation (MiB), and an old one that grows by 40 % at a time instead of by up to
 * 300 %, keep each role below 150 MiB. Flags of the caller come after these, and win.
 */
const NODE_FLAGS = ['--single-threaded-gc', '--max-semi-space-size=4', '--heap-growing-percent=40'];
/** glibc keeps a heap for each of Node's threads, and gives little of them back: with two, each role takes 5 to 10 MiB less. */
const ENVIRONMENT = { MALLOC_ARENA_MAX: '2' };

/** Starts a service and resolves with its ready line. Rejects with the tail of its log when it ends or stays silent. */
export async function startService(input: ServiceProcessInput): Promise<NodeProcess> {
  const child = spawnService(input);
  const exited = untilExit(child);
  endWithThisProcess(child);
  return nodeProcessOf(child, exited, await awaitReady(child, exited, input));
}

function spawnService(input: ServiceProcessInput): ChildProcess {
  const log = openSync(input.logFile, 'a');
  try {
    return spawn(process.execPath, [...NODE_FLAGS, ...(input.nodeFlags ?? []), input.bundle], {
      cwd: input.workingDirectory,
      env: environmentOf({ ...ENVIRONMENT, ...input.environment, SELVEDGE_CONFIG: input.configFile }),
      stdio: ['ignore', 'pipe', log],
    });
  } finally {
    closeSync(log);
  }
}

type Places = Pick<NodeProcess, 'address' | 'monitoring'>;

async function awaitReady(child: ChildProcess, exited: Promise<string>, input: ServiceProcessInput): Promise<Places> {
  const { stdout } = child;
  if (stdout === null) throw failedStart(input, 'has no standard output');
  const lines = createInterface({ input: stdout });
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(failedStart(input, `was not ready within ${String(input.readyTimeoutMs)} ms`));
    }, input.readyTimeoutMs);
  });
  const ready = new Promise<Places>((resolve) => {
    lines.on('line', (line) => {
      const places = readyPlaces(line);
      if (places !== undefined) resolve(places);
    });
  });
  const death = exited.then((reason): never => {
    throw failedStart(input, `ended at its start (${reason})`);
  });
  try {
    return await Promise.race([ready, death, silence]);
  } finally {
    clearTimeout(timer);
    // The promise that lost must not end the process when it rejects later.
    death.catch(() => undefined);
    silence.catch(() => undefined);
  }
}

function readyPlaces(line: string): Places | undefined {
  try {
    const { ready, address, monitoring } = JSON.parse(line) as { ready?: unknown; address?: unknown; monitoring?: unknown };
    return ready === true && typeof address === 'string' ? { address, monitoring: typeof monitoring === 'string' ? monitoring : undefined } : undefined;
  } catch {
    return undefined;
  }
}
