import { spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { confine } from './confine.js';
import { requireCompleteSandbox } from './layers.js';
import { probeSandbox } from './probe.js';

let directory: string;
let driver: string;
/** Copied, since an ordinary user may not be let into the folder that this project lies in. */
let intruder: string;
let tcp: Server;
let udp: Socket;
let reached = 0;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sv-sandbox-'));
  await chmod(directory, 0o755);
  driver = join(directory, 'driver.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'testdata', 'driver.ts')], bundle: true, platform: 'node', format: 'esm', outfile: driver, logLevel: 'silent', conditions: ['selvedge-source'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  await mkdir(join(directory, 'program'));
  intruder = join(directory, 'program', 'intruder.cjs');
  await copyFile(join(import.meta.dirname, 'testdata', 'intruder.cjs'), intruder);
  await writeFile(join(directory, 'secret'), 'a key');
  tcp = createServer(() => { reached += 1; }).listen(0, '127.0.0.1');
  udp = createSocket('udp4').on('message', () => { reached += 1; }).bind(0, '127.0.0.1');
  await Promise.all([tcp, udp].map((socket) => new Promise((resolve) => socket.once('listening', resolve))));
});
afterAll(async () => {
  tcp.close();
  udp.close();
  await rm(directory, { recursive: true, force: true });
});

interface Found extends Record<string, unknown> {
  readonly environment: string[];
  readonly root: string[];
}
const isRoot = process.getuid?.() === 0;
/** Any ordinary user; nothing of it has to exist. */
const ORDINARY = ['setpriv', '--reuid=61234', '--regid=61234', '--clear-groups'];

async function intrude(prefix: readonly string[]): Promise<{ readonly missing: unknown[]; readonly found: Found }> {
  const args = [driver, intruder, String((tcp.address() as AddressInfo).port), String(udp.address().port), join(directory, 'secret'), String(process.pid)];
  const [program = '', ...rest] = [...prefix, process.execPath, ...args];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env.PATH, TMPDIR: tmpdir(), CANARY: 'inherited' } });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString(); });
  await new Promise((resolve) => child.once('close', resolve));
  const result = JSON.parse(output) as { missing: unknown[]; output: string };
  const start = result.output.indexOf('{"tcp"');
  return { missing: result.missing, found: JSON.parse(result.output.slice(start)) as Found };
}

/** The kernel's own refusals: no preload and no permission model stand before it here. */
describe.each([['as the user that runs the tests', []], ...(isRoot ? [['as an ordinary user', ORDINARY] as const] : [])] as const)('a program that wants out, %s', (_name, prefix) => {
  let found: Found;
  beforeAll(async () => {
    const result = await intrude(prefix);
    expect(result.missing).toEqual([]);
    found = result.found;
  });

  test('reaches no network', () => {
    expect(found).toMatchObject({ tcp: 'ENETUNREACH', tcpOutside: 'ENETUNREACH', udp: 'ENETUNREACH', dns: 'EAI_AGAIN' });
    expect(reached).toBe(0);
  });

  test('writes and reads no file but its own package', () => {
    expect(found).toMatchObject({ writeRoot: 'EROFS', writeOwn: 'EROFS', writeTmp: 'EROFS', chmodOwn: 'EROFS', secret: 'ENOENT', passwd: 'ENOENT', proc: 'ENOENT', status: 'ENOENT' });
    expect(found.root.filter((name) => !['bin', 'chaincode', 'dev', 'lib', 'lib64', 'tmp', 'usr'].includes(name))).toEqual([]);
  });

  test('sees no other process, finds none to start, and gains nothing', () => {
    expect(found).toMatchObject({ shell: 'ENOENT', signal: 'ESRCH' });
    expect(['EPERM', 'EINVAL']).toContain(found.setuid);
    // another uid, or root of a user namespace that maps to the ordinary user
    if (isRoot && prefix.length === 0) expect(found.uid).toBeGreaterThan(60_000);
    expect(found.environment.filter((name) => !['LANG', 'OLDPWD', 'PWD', 'SHLVL', '_'].includes(name))).toEqual([]);
  });

  test('meets its limits', () => {
    expect(found.openFiles).toBe('EMFILE true');
    expect(found.memory).not.toBe('worked');
  });
});

describe('a platform that lacks a mechanism', () => {
  test('may run simulated networks only, and says what it lacks', async () => {
    const platform = await probeSandbox();
    const missing = [{ layer: 'network' as const, mechanism: 'network namespace (unshare --net)', reason: 'Operation not permitted' }];
    expect(() => { requireCompleteSandbox({ missing }); }).toThrow(expect.objectContaining({ code: 'SANDBOX_UNAVAILABLE', message: expect.stringContaining('network namespace (unshare --net): Operation not permitted') as string, details: { missing: 'network' } }));
    expect(() => { requireCompleteSandbox({ missing: [] }); }).not.toThrow();
    expect(platform.missing.map(({ layer }) => platform.has(layer))).toEqual(platform.missing.map(() => false));
  });

  test('still uses what there is', () => {
    const programs = { sh: '/bin/sh', setpriv: '/bin/setpriv', prlimit: '/bin/prlimit' };
    const limits = { maxMemoryMiB: 64, maxThreads: 8, maxOpenFiles: 16 };
    const confinement = { command: ['prog', 'arg'] as const, directory: '/x', root: undefined, fstab: undefined, uid: undefined, hasLoopback: false, tmpMiB: 0, limits };
    const bare = { missing: [], has: () => false, namespaces: [], firstUid: undefined, libraries: [], permissionFlag: undefined };
    const command = confine({ ...bare, programs }, confinement);
    expect(command.slice(-4)).toEqual(['/bin/setpriv', '--no-new-privs', 'prog', 'arg']);
    expect(command).toContain('--core=0');
    // others' processes would count
    expect(command.some((option) => option.startsWith('--nproc'))).toBe(false);
    expect(confine({ ...bare, programs: {} }, confinement)).toEqual(['/bin/sh', '-c', expect.any(String), 'sh', '', '', '', 'prog', 'arg']);
  });
});
