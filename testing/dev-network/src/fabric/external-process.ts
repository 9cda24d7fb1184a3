import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { endWithThisProcess, environmentOf, failedStart, nodeProcessOf, untilExit, type NodeProcess } from '@selvedge/service-kit/launch';

const POLL_MS = 25;

/** How a program of others is started: it prints no ready line, so somebody has to look. */
export interface ExternalProcessInput {
  readonly name: string;
  /** Absolute path. */
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** Both outputs are appended to it. */
  readonly logFile: string;
  /** Where it will listen. */
  readonly address: string;
  /** Asked until it answers true. */
  readonly isReady: () => Promise<boolean>;
  readonly readyTimeoutMs: number;
}

/** Starts a program and resolves when it is ready. Rejects with the tail of its log when it ends before, or takes too long. */
export async function startExternalProcess(input: ExternalProcessInput): Promise<NodeProcess> {
  const child = spawnProgram(input);
  const exited = untilExit(child);
  endWithThisProcess(child);
  const started = nodeProcessOf(child, exited, input);
  let end: string | undefined;
  void exited.then((reason) => {
    end = reason;
  });
  const deadline = performance.now() + input.readyTimeoutMs;
  while (!(await input.isReady())) {
    if (end !== undefined) throw failedStart(input, `ended at its start (${end})`);
    if (performance.now() > deadline) {
      await started.end('SIGKILL');
      throw failedStart(input, `was not ready within ${String(input.readyTimeoutMs)} ms`);
    }
    await sleep(POLL_MS);
  }
  return started;
}

function spawnProgram(input: ExternalProcessInput): ChildProcess {
  const log = openSync(input.logFile, 'a');
  try {
    return spawn(input.program, input.args, { cwd: input.workingDirectory, env: environmentOf(input.environment), stdio: ['ignore', log, log] });
  } finally {
    closeSync(log);
  }
}
