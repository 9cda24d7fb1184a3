import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';

const TIMEOUT_MS = 10_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;
/** The directories of system programs; an inherited PATH could lead to others. */
const DIRECTORIES = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/local/sbin'];

/** How a short program ended. */
export interface ProgramResult {
  readonly isSuccess: boolean;
  readonly output: string;
  /** Last line of its error output, or why it could not start. */
  readonly reason: string;
}

/** Runs a program with a clean environment and waits for its end. */
export function runProgram(command: readonly [string, ...string[]]): Promise<ProgramResult> {
  const [program, ...args] = command;
  return new Promise((resolve) => {
    execFile(program, args, { env: { PATH: DIRECTORIES.join(':'), LC_ALL: 'C' }, timeout: TIMEOUT_MS, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES, cwd: '/' }, (error, stdout, stderr) => {
      const lastLine = stderr.trim().split('\n').at(-1) ?? '';
      resolve({ isSuccess: error === null, output: stdout, reason: error === null ? '' : lastLine || error.message });
    });
  });
}

/** Absolute path of a system program, or undefined when it is not installed. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const directory of DIRECTORIES) {
    const path = join(directory, name);
    const isFound = await access(path, constants.X_OK).then(() => true, () => false);
    if (isFound) return path;
  }
  return undefined;
}
