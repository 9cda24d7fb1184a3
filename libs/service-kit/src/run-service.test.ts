import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL, fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startService, type NodeProcess } from './launch/index.js';

const built = (name: string): string => JSON.stringify(pathToFileURL(fileURLToPath(new URL(`../dist/${name}`, import.meta.url))).href);
const api = JSON.stringify(import.meta.resolve('@opentelemetry/api'));
/** A service that makes a span, and stops a second after it was told to. */
const PROGRAM = `
import { z } from ${JSON.stringify(import.meta.resolve('zod'))};
import { trace } from ${api};
import { monitoringConfig, runService } from ${built('index.js')};
await runService({
  role: 'sequencer',
  config: z.strictObject({ monitoring: monitoringConfig }),
  start: async ({ monitor }) => {
    setInterval(() => {}, 1000);
    monitor.metrics.read('selvedge_ledger_height', () => [{ labels: {}, value: 5 }]);
    trace.getTracer('t').startSpan('s/m', { attributes: { 'selvedge.code': 'OK', other: 'canary-4711' } }).end();
    return { address: '127.0.0.1:9', close: () => new Promise((resolve) => setTimeout(resolve, 1000)) };
  },
});`;

let folder: string;
let collector: Server;
let received: string[];
let node: NodeProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selvedge-run-'));
  received = [];
  collector = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
    request.on('end', () => {
      received.push(`${request.method ?? ''} ${request.url ?? ''} ${body}`);
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await node?.end('SIGKILL');
  collector.closeAllConnections();
  collector.close();
  await rm(folder, { recursive: true });
});

async function start(config: unknown, environment: Record<string, string> = {}): Promise<NodeProcess> {
  const [bundle, configFile] = [join(folder, 'main.mjs'), join(folder, 'config.json')];
  await writeFile(bundle, PROGRAM);
  await writeFile(configFile, JSON.stringify(config));
  return (node = await startService({ name: 'node-1', bundle, configFile, logFile: join(folder, 'log'), workingDirectory: folder, environment, readyTimeoutMs: 20_000 }));
}

const statusOf = async (page: string): Promise<number> => (await fetch(`http://${node?.monitoring ?? ''}${page}`)).status;

describe('a service', () => {
  it('serves metrics beside it, and is ready until it is told to stop', async () => {
    await start({ monitoring: { listen: '127.0.0.1:0' } });
    expect(await Promise.all(['/metrics', '/healthz', '/readyz'].map(statusOf))).toEqual([200, 200, 200]);
    expect(await (await fetch(`http://${node?.monitoring ?? ''}/metrics`)).text()).toContain('selvedge_ledger_height 5');
    const ended = node?.end('SIGTERM');
    await expect.poll(() => statusOf('/readyz'), { timeout: 900, interval: 20 }).toBe(503);
    expect(await statusOf('/healthz')).toBe(200);
    await ended;
  });

  it('serves nothing, and sends no span, unless it is configured', async () => {
    await start({});
    expect(node?.monitoring).toBeUndefined();
    await node?.end('SIGTERM');
    expect(received).toEqual([]);
  });

  it('sends its spans to where OpenTelemetry’s variables say, the last ones as it stops', async () => {
    await start({}, { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${String((collector.address() as AddressInfo).port)}` });
    await node?.end('SIGTERM');
    expect(received).toHaveLength(1);
    expect(received[0]).toMatch(/^POST \/v1\/traces .*"service.name","value":\{"stringValue":"selvedge-sequencer".*"name":"s\/m"/);
    expect(received[0]).not.toContain('canary');
  });

  it('goes on when nobody takes its spans, and says so', async () => {
    await start({}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
    await node?.end('SIGTERM');
    expect(await readFile(join(folder, 'log'), 'utf8')).toContain('spans were not taken');
  });

  it.each([
    [{ monitoring: { listen: '0.0.0.0:0' } }, {}],
    [{}, { OTEL_TRACES_EXPORTER: 'zipkin' }],
  ])('does not start with %j and %j', async (config, environment) => {
    await expect(start(config, environment)).rejects.toThrow(/INVALID_CONFIGURATION/);
  });
});
