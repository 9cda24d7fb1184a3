import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { readMonitoringPage } from './monitoring-page.js';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(answer: RequestListener): Promise<string> {
  server = createServer(answer);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

it('reads conditions and the clock', async () => {
  const page = await readMonitoringPage(await serve((_request, response) => response.writeHead(503, { date: new Date(Date.now() + 3_600_000).toUTCString() }).end('not ready: keys: BROKER_LOCKED\n')));
  expect(page?.unmet).toEqual([{ check: 'keys', reason: 'BROKER_LOCKED' }]);
  expect(Math.round((page?.clock?.skewMs ?? 0) / 60_000)).toBe(60);
});

it('has no clock where there is no date', async () => {
  const page = await readMonitoringPage(await serve((_request, response) => {
    response.sendDate = false;
    response.end('ready\n');
  }));
  expect(page).toEqual({ clock: undefined, unmet: [] });
});

it.each<[string, RequestListener]>([
  ['never ends', (_request, response) => void response.write('x')],
  ['is too long', (_request, response) => void response.end('x'.repeat(1024 * 1024))],
  ['breaks off', (request) => void request.socket.destroy()],
])('takes nothing of a page that %s', async (_what, answer) => {
  expect(await readMonitoringPage(await serve(answer))).toBeUndefined();
});

it('takes nothing where nobody listens, or the address is none', async () => {
  expect(await readMonitoringPage('127.0.0.1:1')).toBeUndefined();
  expect(await readMonitoringPage('not an address')).toBeUndefined();
});
