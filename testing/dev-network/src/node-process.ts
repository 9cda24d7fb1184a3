import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { SelvedgeError } from '@selvedge/errors';

/** How one service process is started. */
export interface ProcessInput {
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

/** A process that said that it is ready. */
export interface NodeProcess {
  readonly pid: number;
  /** From its ready line. */
  readonly address: string;
  isRunning(): boolean;
  /** Sends a signal and waits for the end; after graceMs sends SIGKILL. */
  end(signal: NodeJS.Signals, graceMs?: number): Promise<void>;
  /** Called once, with a sentence, when it ends. */
  onExit(listener: (reason: string) => void): void;
}

/** A small young generation, in MiB: ten processes share a machine, and requests leave little behind. */
const NODE_FLAGS = ['--max-semi-space-size=4'];
const DEFAULT_GRACE_MS = 8_000;
const LOG_TAIL_BYTES = 4_000;
/** All that services inherit: where programs, temporary files and the home folder are. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'SELVEDGE_LOG_LEVEL'] as const;

/** Starts a service and resolves with its ready line. Rejects with the tail of its log when it ends or stays silent. */
export async function startProcess(input: ProcessInput): Promise<NodeProcess> {
  const child = spawnService(input);
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('exit', (code, signal) => {
      resolve(signal ?? `exit code ${String(code)}`);
    });
  });
  endWithThisProcess(child);
  const address = await awaitReady(child, exited, input);
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid ?? -1,
    address,
    isRunning,
    async end(signal, graceMs = DEFAULT_GRACE_MS) {
      if (!isRunning()) return;
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
    },
    onExit(listener) {
      void exited.then(listener);
    },
  };
}

const running = new Set<ChildProcess>();

/** A process of ours must not outlive us when this process ends in an orderly way. */
function endWithThisProcess(child: ChildProcess): void {
  if (running.size === 0) process.on('exit', killRunning);
  running.add(child);
  child.once('exit', () => {
    running.delete(child);
    if (running.size === 0) process.off('exit', killRunning);
  });
}

function killRunning(): void {
  for (const child of running) child.kill('SIGKILL');
}

function spawnService(input: ProcessInput): ChildProcess {
  const inherited = Object.fromEntries(INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
  const log = openSync(input.logFile, 'a');
  try {
    return spawn(process.execPath, [...NODE_FLAGS, ...(input.nodeFlags ?? []), input.bundle], {
      cwd: input.workingDirectory,
      env: { ...inherited, ...input.environment, SELVEDGE_CONFIG: input.configFile },
      stdio: ['ignore', 'pipe', log],
    });
  } finally {
    closeSync(log);
  }
}

async function awaitReady(child: ChildProcess, exited: Promise<string>, input: ProcessInput): Promise<string> {
  const { stdout } = child;
  if (stdout === null) throw failed(input, 'has no standard output');
  const lines = createInterface({ input: stdout });
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(failed(input, `was not ready within ${String(input.readyTimeoutMs)} ms`));
    }, input.readyTimeoutMs);
  });
  const ready = new Promise<string>((resolve) => {
    lines.on('line', (line) => {
      const address = readyAddress(line);
      if (address !== undefined) resolve(address);
    });
  });
  const death = exited.then((reason): never => {
    throw failed(input, `ended at its start (${reason})`);
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

function readyAddress(line: string): string | undefined {
  try {
    const value = JSON.parse(line) as { ready?: unknown; address?: unknown };
    return value.ready === true && typeof value.address === 'string' ? value.address : undefined;
  } catch {
    return undefined;
  }
}

function failed(input: ProcessInput, what: string): SelvedgeError {
  return new SelvedgeError('UNAVAILABLE', `${input.name} ${what}; the end of ${input.logFile}:\n${logTail(input.logFile)}`, { role: 'cli', details: { node: input.name } });
}

/** The end of a log file, for messages. */
export function logTail(logFile: string): string {
  try {
    return readFileSync(logFile).subarray(-LOG_TAIL_BYTES).toString('utf8').trimEnd();
  } catch {
    return '(no log)';
  }
}
