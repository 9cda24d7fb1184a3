import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { SelvedgeError } from '@selvedge/errors';
import { watchMetrics } from '../metrics/watch.js';
import type { ConsoleNetwork } from '../ports.js';
import { recordOwnSpans } from '../tracing/own-spans.js';
import type { SpanStore } from '../tracing/span-store.js';
import { createApp } from './app.js';
import { readAssets } from './assets.js';
import { originOf, parseListenAddress, type ListenSetting } from './listen-address.js';
import { pageFolder } from './page-folder.js';

/** A console that listens. */
export interface RunningConsole {
  /** scheme://host:port, as people open it. */
  readonly origin: string;
  close(): Promise<void>;
}

export interface ConsoleOptions extends ListenSetting {
  readonly network: ConsoleNetwork;
  readonly spans: SpanStore;
}

const SERVER_LIMITS = { maxHeaderSize: 16 * 1024, requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 15_000, connectionsCheckingInterval: 1_000 };
const MAX_CONNECTIONS = 128;
const SCRAPE_MS = 2_000;

/** Starts the console. Rejects with INVALID_CONFIGURATION for an address that it must not, or cannot, be served at, and where the page is not built. */
export async function startConsole(options: ConsoleOptions): Promise<RunningConsole> {
  const { network, spans, tls } = options;
  const wanted = parseListenAddress(options);
  const assets = await readAssets(pageFolder());
  let answer: (request: Request) => Response | Promise<Response> = () => new Response('starting\n', { status: 503 });
  const listener = getRequestListener((request) => answer(request), { overrideGlobalObjects: false });
  const handle: Parameters<typeof createHttpServer>[1] = (request, response) => { void listener(request, response); };
  const server = tls === undefined ? createHttpServer(SERVER_LIMITS, handle) : createHttpsServer({ ...SERVER_LIMITS, cert: tls.certificatePem, key: tls.privateKeyPem, minVersion: 'TLSv1.3' }, handle);
  server.maxConnections = MAX_CONNECTIONS;
  server.on('clientError', (_error, socket) => { socket.destroy(); });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => { reject(new SelvedgeError('INVALID_CONFIGURATION', `console: cannot listen on ${options.listen}`, { role: 'console', cause })); });
    server.listen({ ...wanted, exclusive: true }, resolve);
  });
  const origin = originOf(options, { host: wanted.host, port: (server.address() as AddressInfo).port });
  const ownSpans = recordOwnSpans(spans);
  const nowMs = (): number => Date.now();
  const metrics = watchMetrics({ nodes: () => network.monitored(), isWatched: () => app.sessions.size > 0, intervalMs: SCRAPE_MS, nowMs });
  const app = createApp({ network, spans, ownSpans, metrics, nowMs, origin, assets });
  answer = (request) => app.fetch(request);
  return {
    origin,
    async close() {
      app.sessions.endAll();
      metrics.close();
      ownSpans.close();
      await new Promise<void>((resolve) => {
        server.close(() => { resolve(); });
        server.closeAllConnections();
      });
    },
  };
}
