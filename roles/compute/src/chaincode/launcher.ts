import { spawn, type ChildProcess } from 'node:child_process';

/**
 * Runs the program beside a watchdog that ends the whole process group when file descriptor 3 closes, which the kernel
 * does for us when this node ends in whatever way. No core dump of the chaincode is ever written: it would hold plaintext.
 */
const LAUNCHER = `
ulimit -c 0
exec 4<&0 </dev/null
"$@" <&4 3<&- 4<&- &
child=$!
exec 4<&-
( read -r _ <&3; kill -9 0 ) &
exec 3<&-
wait "$child"
`;

export interface LaunchOptions {
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]];
  /** Working directory: the package tree. */
  readonly directory: string;
  /** The whole environment; nothing of this process's own is passed on. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the program finds on its standard input: neither its command line nor its environment, which others may see. */
  readonly input?: string;
  /** Called with what the program prints. It may hold plaintext. */
  readonly onOutput: (chunk: Buffer) => void;
}

/** How a program ended. A program that was ended by signal n has exit code 128 + n, as in a shell. */
export interface ExitInfo {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
}

/** A program that runs until it ends, is killed, or this process ends. */
export interface LaunchedProgram {
  readonly pid: number | undefined;
  readonly exited: Promise<ExitInfo>;
  /** Kills the program and everything it started. */
  kill(): void;
}

/** Starts a program in a process group of its own under the watchdog. */
export function launch(options: LaunchOptions): LaunchedProgram {
  const child = spawn('/bin/sh', ['-c', LAUNCHER, 'sh', ...options.command], {
    cwd: options.directory,
    env: options.environment,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  // A program that does not read its input, or has ended, is no fault of ours.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  child.stdout.on('data', options.onOutput);
  child.stderr.on('data', options.onOutput);
  // The pipe carries nothing; an error on it only says that the other side is gone.
  child.stdio[3]?.on('error', () => undefined);
  return {
    pid: child.pid,
    exited: waitForExit(child),
    kill: () => {
      // The id of a group that has been waited for may belong to someone else by now.
      if (child.exitCode === null && child.signalCode === null) killGroup(child.pid);
    },
  };
}

async function waitForExit(child: ChildProcess): Promise<ExitInfo> {
  const info = await new Promise<ExitInfo>((resolve) => {
    child.once('error', () => {
      resolve({ exitCode: undefined, signal: undefined });
    });
    child.once('exit', (exitCode, signal) => {
      resolve({ exitCode: exitCode ?? undefined, signal: signal ?? undefined });
    });
  });
  // The watchdog, and whatever the program has left behind.
  killGroup(child.pid);
  child.stdio[3]?.destroy();
  return info;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
