import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startExternalProcess, type ExternalProcessInput } from './external-process.js';
import { findFreePorts } from './free-ports.js';
import { acceptsConnections, isHealthy, isLeaderIn, until } from './probes.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selvedge-external-'));
});
afterEach(() => rm(folder, { recursive: true }));

const start = (script: string, change: Partial<ExternalProcessInput> = {}) =>
  startExternalProcess({
    name: 'peer-a', program: process.execPath, args: ['-e', script], environment: { EXTRA: 'yes' }, workingDirectory: folder,
    logFile: join(folder, 'log'), address: '127.0.0.1:1', isReady: () => Promise.resolve(false), readyTimeoutMs: 10_000, ...change,
  });

describe('startExternalProcess', () => {
  it('resolves when the program is seen to be ready, logs both outputs, and ends it on request', async () => {
    const [port = 0] = await findFreePorts(1);
    const address = `127.0.0.1:${String(port)}`;
    const script = `console.log(process.env.EXTRA); console.error('warned'); require('node:http').createServer((_q, a) => a.end('{}')).listen(${String(port)}, '127.0.0.1')`;
    const isReady = async () => (await isHealthy(address)) && (await acceptsConnections(address));
    const started = await start(script, { address, isReady });
    expect([started.address, started.isRunning()]).toEqual([address, true]);
    expect(await readFile(join(folder, 'log'), 'utf8')).toMatch(/yes[^]*warned|warned[^]*yes/);
    await started.end('SIGTERM');
    expect([started.isRunning(), await acceptsConnections(address), await isHealthy(address)]).toEqual([false, false, false]);
  });

  it('rejects with the end of the log when the program dies or is never ready', async () => {
    await expect(start(`console.error('bad core.yaml'); process.exit(3)`)).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringMatching(/peer-a ended at its start \(exit code 3\)[^]*bad core\.yaml/) as string });
    await expect(start('setInterval(() => {}, 1000)', { readyTimeoutMs: 200 })).rejects.toMatchObject({ message: expect.stringContaining('was not ready within 200 ms') as string });
    await expect(start('', { program: '/nowhere/peer' })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe('probes', () => {
  it('read from the orderer’s metrics who leads', () => {
    const metrics = '# TYPE consensus_etcdraft_is_leader gauge\nconsensus_etcdraft_is_leader{channel="main"} 1\nconsensus_etcdraft_is_leader{channel="other"} 0\n';
    expect([isLeaderIn(metrics, 'main'), isLeaderIn(metrics, 'other'), isLeaderIn(metrics, 'mai'), isLeaderIn('', 'main')]).toEqual([true, false, false, false]);
  });

  it('say what they waited for in vain', async () => {
    await expect(until('the orderer to lead', 50, () => Promise.resolve(false))).rejects.toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('the orderer to lead') as string });
  });
});
