import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CLI = path.join(ROOT, 'apps/cli/bin/selvedge.js');

/** Starts a command line, for a test that ends it by SIGKILL once it has told of some progress. Resolves when it is dead. */
export async function killOnProgress(...args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
  child.stderr.once('data', () => child.kill('SIGKILL'));
  await new Promise((resolve) => {
    child.once('close', resolve);
  });
}

/** Runs a command line with --json; resolves with its exit code and the value that it printed, on whichever stream. */
export async function runCommand(...args: readonly string[]): Promise<{ readonly code: number | null; readonly value: unknown }> {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk.toString('utf8')));
  const code = await new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  const text = out.join('').trim() === '' ? err.join('') : out.join('');
  try {
    return { code, value: JSON.parse(text) as unknown };
  } catch {
    return { code, value: `${out.join('')}${err.join('')}` };
  }
}
