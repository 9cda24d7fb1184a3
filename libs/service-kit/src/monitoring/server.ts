import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SelvedgeError } from '@selvedge/errors';
import { parseListen } from './config.js';
import type { Metrics } from './metrics.js';
import type { Readiness } from './readiness.js';

/** A listening monitoring server. */
export interface MonitoringServer {
  /** host:port, with the real port. */
  readonly address: string;
  close(): Promise<void>;
}

const MAX_HEADER_BYTES = 8 * 1024;
const MAX_CONNECTIONS = 32;
const MAX_REQUESTS_PER_SOCKET = 1_000;
const REQUEST_TIMEOUT_MS = 5_000;
const IDLE_MS = 15_000;

const TEXT = 'text/plain; charset=utf-8';
const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

type Page = () => Promise<Answer> | Answer;

/**
 * Serves /metrics, /healthz and /readyz to GET and HEAD, and nothing else; a request's body, query and headers are not
 * looked at and not repeated. Rejects with INVALID_CONFIGURATION when the address cannot be bound.
 */
export async function startMonitoringServer({ listen, metrics, readiness }: { readonly listen: string; readonly metrics: Metrics; readonly readiness: Readiness }): Promise<MonitoringServer> {
  const pages: Readonly<Record<string, Page>> = {
    '/metrics': async () => ({ status: 200, type: PROMETHEUS, body: await metrics.text() }),
    '/healthz': () => ({ status: 200, type: TEXT, body: 'ok\n' }),
    '/readyz': () => readyPage(readiness),
  };
  const place = parseListen(listen);
  if (place === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', 'monitoring: listen is not an IP address and a port');
  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: IDLE_MS, connectionsCheckingInterval: 1_000, insecureHTTPParser: false },
    (request, response) => {
      void serve(pages, request, response);
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_SOCKET;
  server.on('clientError', (_error, socket) => {
    socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new SelvedgeError('INVALID_CONFIGURATION', `monitoring: cannot listen on ${listen}`, { cause }));
    });
    server.listen({ host: place.host, port: place.port, exclusive: true }, resolve);
  });
  const { address, family, port } = server.address() as AddressInfo;
  return {
    address: family === 'IPv6' ? `[${address}]:${String(port)}` : `${address}:${String(port)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => { resolve(); });
        server.closeAllConnections();
      }),
  };
}

async function serve(pages: Readonly<Record<string, Page>>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // Bodies are never read; what comes with one is cut.
  const hasBody = request.headers['transfer-encoding'] !== undefined || (request.headers['content-length'] ?? '0') !== '0';
  let answer: Answer;
  try {
    answer = await choose(pages, request, hasBody);
  } catch {
    answer = { status: 500, type: TEXT, body: 'internal\n' };
  }
  const { status, type, body } = answer;
  // The date is by the clock that the service goes by: whoever compares clocks reads it here.
  const headers = { date: new Date().toUTCString(), 'content-type': type, 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  response.writeHead(status, { ...headers, ...(status === 405 ? { allow: 'GET, HEAD' } : {}), ...(hasBody ? { connection: 'close' } : {}) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function choose(pages: Readonly<Record<string, Page>>, { method, url = '' }: IncomingMessage, hasBody: boolean): Promise<Answer> | Answer {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, type: TEXT, body: 'only GET and HEAD\n' };
  if (hasBody) return { status: 413, type: TEXT, body: 'no body is taken\n' };
  const path = url.split('?', 1)[0] ?? '';
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  return page === undefined ? { status: 404, type: TEXT, body: 'there are /metrics, /healthz and /readyz\n' } : page();
}

function readyPage(readiness: Readiness): Answer {
  const failed = readiness.failed();
  if (failed.length === 0) return { status: 200, type: TEXT, body: 'ready\n' };
  return { status: 503, type: TEXT, body: failed.map(({ check, reason }) => `not ready: ${check}: ${reason}\n`).join('') };
}
