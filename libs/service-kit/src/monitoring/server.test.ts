import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMetrics, createReadiness, startMonitoringServer, type Metrics, type MonitoringServer, type Readiness } from './index.js';

let metrics: Metrics;
let readiness: Readiness;
let server: MonitoringServer;
beforeEach(async () => {
  metrics = createMetrics('compute');
  readiness = createReadiness(metrics);
  server = await startMonitoringServer({ listen: '127.0.0.1:0', metrics, readiness });
});
afterEach(() => server.close());

const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`http://${server.address}${path}`, init);

/** Sends bytes as they are; resolves with everything that came back when the server closes, or after the time. */
function send(bytes: string | Uint8Array, waitMs = 2_000): Promise<string> {
  const [host = '', port = ''] = server.address.split(':');
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ host, port: Number(port) }, () => socket.write(bytes));
    const timer = setTimeout(() => socket.destroy(), waitMs);
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
}

describe('the monitoring server', () => {
  it('serves metrics in Prometheus’ format', async () => {
    metrics.count('selvedge_key_requests_total', { code: 'OK' });
    const answer = await get('/metrics');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(await answer.text()).toMatch(/^# TYPE selvedge_key_requests_total counter\nselvedge_key_requests_total\{code="OK"\} 1$/m);
  });

  it('is alive at once, and ready when every check holds', async () => {
    expect([(await get('/healthz')).status, (await get('/readyz')).status]).toEqual([200, 503]);
    readiness.require('started', () => undefined);
    readiness.require('keys', () => 'BROKER_LOCKED');
    const waiting = await get('/readyz');
    expect([waiting.status, await waiting.text()]).toEqual([503, 'not ready: keys: BROKER_LOCKED\n']);
    readiness.require('keys', () => undefined);
    expect((await get('/readyz')).status).toBe(200);
    expect(await (await get('/metrics')).text()).toContain('selvedge_ready{check="keys"} 1');
    readiness.drain();
    expect([(await get('/healthz')).status, (await get('/readyz')).status]).toEqual([200, 503]);
    readiness.require('ledger', () => { throw new Error('secret'); });
    expect(await (await get('/readyz')).text()).toBe('not ready: draining: it is stopping\nnot ready: ledger: not known\n');
  });

  it('answers HEAD without a body, and looks at no query', async () => {
    const head = await get('/metrics?secret=1', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it.each(['/', '/metrics/', '/../metrics', '/constructor', '/__proto__', '//metrics', '/%6detrics'])('knows no page %s, and repeats nothing', async (path) => {
    const answer = await send(`GET ${path} HTTP/1.1\r\nHost: marked-host\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 404 /);
    expect(answer).not.toContain('marked-host');
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('refuses %s', async (method) => {
    const answer = await get('/metrics', { method });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('takes no body and closes the connection that has one', async () => {
    expect(await send('GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\nabc')).toMatch(/^HTTP\/1.1 413 [^]*connection: close/i);
    expect(await send('GET /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n')).toMatch(/^HTTP\/1.1 413 /);
  });

  it.each([
    ['headers beyond 8 KiB', `GET /metrics HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(9_000)}\r\n\r\n`],
    ['a path beyond 8 KiB', `GET /${'a'.repeat(9_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['bytes that are no HTTP', Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])],
    ['two lengths', 'GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na'],
    ['a bare line feed in a header', 'GET /metrics HTTP/1.1\r\nHost: a\r\nX: a\nTransfer-Encoding: chunked\r\n\r\n'],
    ['a header name with a space', 'GET /metrics HTTP/1.1\r\nHost : a\r\n\r\n'],
  ])('cuts %s without metrics, and serves the next', async (_what, bytes) => {
    expect(await send(bytes)).not.toContain('# TYPE');
    expect((await get('/healthz')).status).toBe(200);
  });

  it('cuts one that never ends its headers', async () => {
    const started = Date.now();
    await send('GET /metrics HTTP/1.1\r\nHost: a\r\n', 20_000);
    expect(Date.now() - started).toBeLessThan(15_000);
  });

  it('refuses an address that is taken', async () => {
    await expect(startMonitoringServer({ listen: server.address, metrics, readiness })).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
  });
});
