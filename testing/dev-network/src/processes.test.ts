import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startService, writeKeyPair } from '@selvedge/service-kit/launch';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findBundles } from './bundles.js';
import { layoutOf } from './layout.js';
import { readProcesses, recordProcess, writeProcesses } from './processes.js';
import { readSavedNetwork } from './saved-network.js';
import { stopNetwork } from './stop-network.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selvedge-processes-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function start(script: string, readyTimeoutMs = 10_000) {
  const bundle = join(folder, 'main.mjs');
  await writeFile(bundle, script);
  return startService({ name: 'node-1', bundle, configFile: join(folder, 'config.json'), logFile: join(folder, 'log'), workingDirectory: folder, environment: { EXTRA: 'yes' }, readyTimeoutMs });
}
const READY = `console.log(JSON.stringify({ ready: true, role: 'compute', address: '127.0.0.1:9' }));`;

describe('recorded processes', () => {
  it('are stopped from outside, and no others', async () => {
    const node = await start(`${READY} setInterval(() => {}, 1000);`);
    const layout = layoutOf(folder);
    const other = { ...recordProcess('other', process.pid), startedAt: '1' };
    await writeProcesses(layout, { supervisor: other, nodes: [recordProcess('node-1', node.pid)] });
    expect(await stopNetwork(folder)).toEqual(['node-1']);
    await node.end('SIGKILL');
    expect(await readProcesses(layout)).toBeUndefined();
    expect(await stopNetwork(folder)).toEqual([]);
  });
});

describe('files of a network', () => {
  it('keep private keys to their owner', async () => {
    await writeKeyPair(folder, { certificatePem: 'c', privateKeyPem: 'k' });
    const { mode } = await (await import('node:fs/promises')).stat(join(folder, 'key.pem'));
    expect(mode & 0o077).toBe(0);
  });

  it('are refused when they are something else', async () => {
    const layout = layoutOf(folder);
    expect(await readSavedNetwork(layout)).toBeUndefined();
    await writeFile(layout.settingsFile, '{}');
    await expect(readSavedNetwork(layout)).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
    await writeFile(layout.settingsFile, '{');
    await expect(readSavedNetwork(layout)).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
  });

  it('name a bundle that is missing', () => {
    expect(() => findBundles({ compute: join(folder, 'none.mjs') })).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('npm run build') as string }));
  });
});
