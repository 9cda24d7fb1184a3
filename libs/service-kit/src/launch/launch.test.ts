import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findBundle, isStillRunning, keyPairFiles, readIfPresent, readJson, readKeyPair, recordProcess, startService, writeKeyPair, type NodeProcess } from './index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selvedge-launch-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function start(script: string, readyTimeoutMs = 10_000): Promise<NodeProcess> {
  const bundle = join(folder, 'main.mjs');
  await writeFile(bundle, script);
  return startService({ name: 'node-1', bundle, configFile: join(folder, 'config.json'), logFile: join(folder, 'log'), workingDirectory: folder, environment: { EXTRA: 'yes' }, readyTimeoutMs });
}
const READY = `console.log(JSON.stringify({ ready: true, role: 'compute', address: '127.0.0.1:9' }));`;

describe('startService', () => {
  it('resolves with the ready line, gives the configuration and little else, and ends on request', async () => {
    process.env.SELVEDGE_TEST_CANARY = 'must not be inherited';
    const node = await start(`process.stderr.write(JSON.stringify(process.env)); ${READY} setInterval(() => {}, 1000);`);
    delete process.env.SELVEDGE_TEST_CANARY;
    expect([node.address, node.isRunning()]).toEqual(['127.0.0.1:9', true]);
    const log = await readFile(join(folder, 'log'), 'utf8');
    expect(log).toContain('"EXTRA":"yes"');
    expect(log).toContain('config.json');
    expect(log).not.toContain('CANARY');
    await node.end('SIGTERM');
    expect(node.isRunning()).toBe(false);
  });

  it('ends a process that ignores its signal', async () => {
    const node = await start(`process.on('SIGTERM', () => {}); ${READY} setInterval(() => {}, 1000);`);
    await node.end('SIGTERM', 200);
    expect(node.isRunning()).toBe(false);
  });

  it('rejects with the tail of the log when the process dies or stays silent', async () => {
    await expect(start(`console.error('the store is corrupt'); process.exit(3);`)).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringMatching(/node-1 ended at its start \(exit code 3\)[^]*the store is corrupt/) as string });
    await expect(start('setInterval(() => {}, 1000);', 300)).rejects.toMatchObject({ message: expect.stringContaining('was not ready within 300 ms') as string });
  });
});

describe('recorded processes', () => {
  it('do not count when their pid belongs to another process by now', () => {
    const own = recordProcess('self', process.pid);
    expect(isStillRunning(own)).toBe(true);
    expect(isStillRunning({ ...own, startedAt: '1' })).toBe(false);
    expect(isStillRunning({ ...own, pid: 2 ** 22 + 1 })).toBe(false);
  });
});

describe('files', () => {
  it('keep private keys to their owner', async () => {
    await writeKeyPair(join(folder, 'a/b'), { certificatePem: 'c', privateKeyPem: 'k' });
    expect(await readKeyPair(join(folder, 'a/b'))).toEqual({ certificatePem: 'c', privateKeyPem: 'k' });
    expect((await stat(keyPairFiles(join(folder, 'a/b')).privateKeyFile)).mode & 0o077).toBe(0);
    expect(await readKeyPair(join(folder, 'nowhere'))).toBeUndefined();
  });

  it('that cannot be read are named', async () => {
    await writeFile(join(folder, 'broken.json'), '{');
    await expect(readJson(join(folder, 'broken.json'))).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('broken.json: not JSON') as string });
    expect(await readJson(join(folder, 'nowhere.json'))).toBeUndefined();
    await expect(readIfPresent(folder)).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
    expect(() => findBundle('compute', join(folder, 'main.mjs'))).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('npm run build') as string }));
  });
});
