import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toHex } from '@selvedge/crypto';
import { SelvedgeError, withRole } from '@selvedge/errors';
import { MAX_OTLP_BYTES, parseOtlp } from './parse-otlp.js';
import type { SpanStore } from './span-store.js';

/** Takes spans of a network's processes, by OTLP over HTTP in JSON, on loopback. */
export interface SpanReceiver {
  /** For OTEL_EXPORTER_OTLP_TRACES_ENDPOINT of one process: it holds a secret, so that other users of the machine can plant nothing. */
  endpoint(node: string): string;
  close(): Promise<void>;
}

const SECRET_BYTES = 16;
const MAX_HEADER_BYTES = 8 * 1024;
const MAX_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 10_000;
const PATH = /^\/([0-9a-f]{32})\/([a-z0-9-]{1,64})\/v1\/traces$/;

/** Rejects with INVALID_CONFIGURATION when the address cannot be bound. @param port 0 lets the system choose */
export async function startSpanReceiver(store: SpanStore, port = 0): Promise<SpanReceiver> {
  const secret = toHex(new Uint8Array(randomBytes(SECRET_BYTES)));
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    receive(request, secret).then(
      ({ node, body }) => {
        store.add(node, parseOtlp(body));
        answer(response, 200);
      },
    ).catch((error: unknown) => { answer(response, STATUS[withRole(error, 'console').code] ?? 400); });
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => { reject(new SelvedgeError('INVALID_CONFIGURATION', `spans: cannot listen on port ${String(port)} of loopback`, { role: 'console', cause })); });
    server.listen({ host: '127.0.0.1', port, exclusive: true }, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    endpoint: (node) => `http://127.0.0.1:${String(bound)}/${secret}/${node}/v1/traces`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => { resolve(); });
        server.closeAllConnections();
      }),
  };
}

const STATUS: Readonly<Record<string, number>> = { MESSAGE_TOO_LARGE: 413, ORIGIN_REFUSED: 403 };

/** Resolves with what was posted and by whom. Rejects with ORIGIN_REFUSED unless a process of the network sends it, and with MESSAGE_TOO_LARGE. */
async function receive(request: IncomingMessage, secret: string): Promise<{ readonly node: string; readonly body: Uint8Array }> {
  const [, given, node] = PATH.exec(request.url ?? '') ?? [];
  // Browsers name the page that a POST comes from; processes have none.
  const isOfNetwork = request.method === 'POST' && request.headers.origin === undefined && given !== undefined && timingSafeEqual(Buffer.from(given), Buffer.from(secret));
  if (!isOfNetwork || node === undefined) throw new SelvedgeError('ORIGIN_REFUSED', 'spans are taken of this network’s processes alone', { role: 'console' });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_OTLP_BYTES) throw new SelvedgeError('MESSAGE_TOO_LARGE', `spans: at most ${String(MAX_OTLP_BYTES)} bytes are taken`, { role: 'console' });
    chunks.push(chunk);
  }
  return { node, body: Buffer.concat(chunks) };
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'application/json', ...(status === 200 ? {} : { connection: 'close' }) });
  response.end('{}');
}
