import { fileURLToPath } from 'node:url';
import { context, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { createGatewayMetrics, type Gateway } from '@selvedge/client';
import { readNetworkStatus, type NodeInfo } from '@selvedge/dev-network';
import { createMetrics, metricsOf, type MetricName, type MonitoredRole } from '@selvedge/service-kit/monitoring';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestNetwork, type TestNetwork } from './src/network.js';
import { startSpanCollector, type SpanCollector } from './src/span-collector.js';

const ROGUE = fileURLToPath(new URL('contracts/rogue', import.meta.url));
const KEY = 'observed-4711';
const NOTE = 'noted-4712';
/** Nothing has failed in a network where all is well, so these have no sample yet. */
const ONLY_ON_FAILURE: readonly MetricName[] = ['selvedge_refusals_total', 'selvedge_ledger_view_failures_total'];

const metrics = createMetrics('client');
const gatewayMetrics = createGatewayMetrics(metrics);
const clientSpans = new InMemorySpanExporter();
let collector: SpanCollector;
let test: TestNetwork;
let gateway: Gateway;
let requestTrace: string;

const page = async ({ monitoring }: NodeInfo, name: string): Promise<{ readonly status: number; readonly body: string }> => {
  const answer = await fetch(`http://${monitoring ?? 'nowhere'}/${name}`);
  return { status: answer.status, body: await answer.text() };
};
const roles = (): NodeInfo[] => [...test.network.nodes()];
const samplesOf = (text: string, name: string): string[] => text.split('\n').filter((line) => line.startsWith(name) && !line.startsWith('#'));

beforeAll(async () => {
  collector = await startSpanCollector();
  test = await startTestNetwork({
    viewers: true,
    businessOrganisations: ['AuroraMSP', 'BorealisMSP'],
    endorserOrganisations: ['NorthMSP', 'SouthMSP'],
    contracts: [ROGUE],
    environment: ({ name }) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint(name), OTEL_BSP_SCHEDULE_DELAY: '100' }),
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(clientSpans)] }));
  gateway = await test.network.connect('AuroraMSP', { onHop: gatewayMetrics.onHop });
  gatewayMetrics.watch(gateway);
  const contract = gateway.getNetwork(test.network.connectionProfile().channel).getContract('rogue');
  await trace.getTracer('test').startActiveSpan('a request', { kind: SpanKind.INTERNAL }, async (span) => {
    requestTrace = span.spanContext().traceId;
    await contract.submitTransaction('Put', KEY, NOTE);
    span.end();
  });
  // A chaincode's own failure is an answer; that it went away is a refusal, which the requester alone may read.
  await contract.evaluateTransaction('NoSuchFunction').catch(() => undefined);
  await expect(contract.evaluateTransaction('Crash')).rejects.toMatchObject({ role: 'compute', code: 'CHAINCODE_CRASHED' });
  // Asks every process something, the viewers too.
  expect((await readNetworkStatus(test.directory)).map(({ monitoring }) => monitoring)).toEqual(roles().map(({ monitoring }) => monitoring));
});
afterAll(async () => {
  trace.disable();
  context.disable();
  gateway.close();
  await test.end();
  await collector.close();
});

describe('a running network', () => {
  it('is alive and ready, process by process', async () => {
    for (const node of roles()) {
      await expect.poll(async () => (await page(node, 'readyz')).body, { timeout: 20_000, message: node.name }).toBe('ready\n');
      expect((await page(node, 'healthz')).status, node.name).toBe(200);
    }
  });

  it('has every metric of the table, of each role its own', async () => {
    expect([...new Set(roles().map(({ service }) => service))]).toEqual(['sequencer', 'endorser', 'business', 'key-broker', 'compute', 'viewer']);
    for (const node of roles()) {
      const { body } = await page(node, 'metrics');
      const types = [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name]) => name);
      const expected = metricsOf(node.service as MonitoredRole);
      expect(types.sort(), node.name).toEqual([...expected].sort());
      const silent = expected.filter((name) => samplesOf(body, name).length === 0 && !ONLY_ON_FAILURE.includes(name));
      expect(silent, node.name).toEqual([]);
    }
    const text = await metrics.text();
    expect(metricsOf('client').filter((name) => !text.includes(`# TYPE ${name} `))).toEqual([]);
    expect(text).toMatch(/selvedge_hops_total\{hop="execute",code="OK"\} [1-9]/);
  });

  it('counts what only the requester may read as sealed, and names no function', async () => {
    const { body } = await page(test.network.node('compute-1'), 'metrics');
    expect(samplesOf(body, 'selvedge_refusals_total')).toEqual([expect.stringMatching(/^selvedge_refusals_total\{code="sealed"\} [1-9]/)]);
    expect(body).toContain('selvedge_key_epoch{contract="rogue"} 1');
    for (const said of ['NoSuchFunction', 'Crash', 'CHAINCODE_CRASHED', 'Put', KEY, NOTE]) expect(body).not.toContain(said);
  });

  it('has one trace of a request through all of its hops, which tells methods and codes alone', async () => {
    // The first request of a gateway asks the key broker for its evidence, too.
    const ofRequest = () => collector.spans().filter(({ traceId }) => traceId === requestTrace);
    await expect.poll(() => new Set(ofRequest().map(({ source }) => source.split('-')[0])), { timeout: 10_000 }).toEqual(new Set(['key', 'compute', 'business', 'endorser', 'sequencer']));
    const withoutParent = () => {
      const known = new Set([...clientSpans.getFinishedSpans().map((span) => span.spanContext().spanId), ...ofRequest().map(({ spanId }) => spanId)]);
      return ofRequest().filter(({ parentSpanId }) => parentSpanId === undefined || !known.has(parentSpanId));
    };
    // A call's own span may come after those below it.
    await expect.poll(withoutParent, { timeout: 10_000 }).toEqual([]);
    const keys = new Set(collector.spans().flatMap(({ attributes }) => attributes.map(({ key }) => key)));
    expect([...keys].sort()).toEqual(['rpc.method', 'rpc.service', 'rpc.system', 'selvedge.code']);
  });
});

describe('a compute node', () => {
  it('is not ready without a key broker when it starts, and is when one comes', async () => {
    const { network } = test;
    await network.kill('key-broker');
    // It holds its keys.
    expect((await page(network.node('compute-1'), 'readyz')).status).toBe(200);
    await network.kill('compute-1', 'SIGTERM');
    await network.restart('compute-1');
    const compute = network.node('compute-1');
    await expect.poll(async () => (await page(compute, 'readyz')).body, { timeout: 20_000 }).toBe('not ready: keys: UNAVAILABLE\n');
    expect((await page(compute, 'healthz')).status).toBe(200);
    await network.restart('key-broker');
    await expect.poll(async () => (await page(compute, 'readyz')).status, { timeout: 30_000 }).toBe(200);
    expect(samplesOf((await page(compute, 'metrics')).body, 'selvedge_key_requests_total').sort()).toEqual([
      expect.stringMatching(/code="OK"\} [1-9]/),
      expect.stringMatching(/code="UNAVAILABLE"\} [1-9]/),
    ]);
  });
});
