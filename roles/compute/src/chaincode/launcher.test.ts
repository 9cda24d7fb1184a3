import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch } from './launcher.js';
import { isAlive } from './testdata/test-host.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sv-launcher-'));
  await build({ entryPoints: [join(import.meta.dirname, 'launcher.ts')], bundle: true, platform: 'node', format: 'esm', outfile: join(directory, 'launcher.mjs'), logLevel: 'silent' });
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

const environment = { PATH: process.env.PATH ?? '' };
/** Writes a node program that launches a command and passes its output on; a process of its own, so that it can be killed. */
function writeDriver(name: string, command: string[]): string {
  const file = join(directory, name);
  const options = `{ command: ${JSON.stringify(command)}, directory: ${JSON.stringify(directory)}, environment: {}, onOutput: (chunk) => process.stdout.write(chunk) }`;
  writeFileSync(file, `import { launch } from './launcher.mjs';\nlaunch(${options});`);
  return file;
}
const program = (source: string): [string, ...string[]] => [process.execPath, '-e', source];

test('the exit code and the output', async () => {
  const chunks: Buffer[] = [];
  const launched = launch({ command: program('console.log("out"); console.error("err"); process.exit(5)'), directory, environment, onOutput: (chunk) => chunks.push(chunk) });
  expect(await launched.exited).toEqual({ exitCode: 5, signal: undefined });
  await expect.poll(() => Buffer.concat(chunks).toString()).toMatch(/out/);
  await expect.poll(() => Buffer.concat(chunks).toString()).toMatch(/err/);
});

const hardCoreLimit = execFileSync('/bin/sh', ['-c', 'ulimit -H -c'], { encoding: 'utf8' }).trim();

test.skipIf(hardCoreLimit === '0')('no core dumps, even where the node itself may write them', () => {
  const node = writeDriver('core.mjs', ['/bin/sh', '-c', 'ulimit -c']);
  const output = execFileSync('/bin/sh', ['-c', 'ulimit -S -c "$(ulimit -H -c)"; exec "$@"', 'sh', process.execPath, node], { encoding: 'utf8' });
  expect(output).toBe('0\n');
});

test('a program that cannot be started ends', async () => {
  const launched = launch({ command: ['/nonexistent'], directory, environment, onOutput: () => undefined });
  expect((await launched.exited).exitCode).toBe(127);
  const nowhere = launch({ command: ['/bin/true'], directory: '/nonexistent', environment, onOutput: () => undefined });
  expect(await nowhere.exited).toEqual({ exitCode: undefined, signal: undefined });
});

test('kill -9 of the node takes a busy program and its children with it', async () => {
  const busy = 'const { spawn } = require("node:child_process"); const child = spawn("/bin/sleep", ["600"]); console.log("pids", process.pid, child.pid); setTimeout(() => { for (;;); }, 50)';
  const node = writeDriver('node.mjs', program(busy));
  const parent = spawn(process.execPath, [node], { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise<string>((resolve) => parent.stdout.once('data', (chunk: Buffer) => { resolve(chunk.toString()); }));
  const pids = line.trim().split(' ').slice(1).map(Number);
  expect(await Promise.all(pids.map(isAlive))).toEqual([true, true]);
  parent.kill('SIGKILL');
  await expect.poll(() => Promise.all(pids.map(isAlive)), { timeout: 5000 }).toEqual([false, false]);
});
