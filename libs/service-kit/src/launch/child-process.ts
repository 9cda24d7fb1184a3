import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { SelvedgeError } from '@selvedge/errors';

/** A process that said, or was seen, to be ready. */
export interface NodeProcess {
  readonly pid: number;
  /** Where it listens. */
  readonly address: string;
  /** Where it serves /metrics, /healthz and /readyz, host:port; undefined: nowhere. */
  readonly monitoring: string | undefined;
  isRunning(): boolean;
  /** Sends a signal and waits for the end; after graceMs sends SIGKILL. */
  end(signal: NodeJS.Signals, graceMs?: number): Promise<void>;
  /** Called once, with a sentence, when it ends. */
  onExit(listener: (reason: string) => void): void;
}

/** All that processes inherit: where programs, temporary files and the home folder are, how much is logged, and where spans go. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'SELVEDGE_LOG_LEVEL', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_TRACES_EXPORTER', 'OTEL_TRACES_SAMPLER', 'OTEL_TRACES_SAMPLER_ARG'] as const;
const DEFAULT_GRACE_MS = 8_000;
const LOG_TAIL_BYTES = 4_000;

/** The environment of a process of the network: little of our own, and what it is given. */
export function environmentOf(given: Readonly<Record<string, string>>): Record<string, string | undefined> {
  const inherited = Object.fromEntries(INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
  return { ...inherited, ...given };
}

/** Resolves with the reason when the process ends, or could not start. */
export function untilExit(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('exit', (code, signal) => {
      resolve(signal ?? `exit code ${String(code)}`);
    });
  });
}

/** Wraps a started process. */
export function nodeProcessOf(child: ChildProcess, exited: Promise<string>, { address, monitoring }: Pick<NodeProcess, 'address'> & Partial<Pick<NodeProcess, 'monitoring'>>): NodeProcess {
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid ?? -1,
    address,
    monitoring,
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
export function endWithThisProcess(child: ChildProcess): void {
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

/** UNAVAILABLE with the tail of the process's log. */
export function failedStart(input: { readonly name: string; readonly logFile: string }, what: string): SelvedgeError {
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
