import { appendFileSync } from 'node:fs';
import http2, { type ClientHttp2Session, type Http2Stream, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { TlsMaterial } from '@selvedge/rpc';

/**
 * A proxy in front of one gRPC server that writes everything that passes, decoded from TLS and HTTP/2, to a file:
 * headers and trailers as text (header compression would hide error texts), bodies as they are. It is a party to mutual
 * TLS on both sides, so it sees more than anybody on the wire.
 */
export interface RecordingProxy {
  /** host:port to advertise instead of the server's. */
  readonly address: string;
  close(): Promise<void>;
}

/** Writes what passes in one direction of one stream. */
type Record = (bytes: Uint8Array | string) => void;

const SESSION_OPTIONS = { maxSessionMemory: 256 } as const;
const PING_MS = 3_000;
/** More than the longest encoding of a marker. */
const REPEATED_BYTES = 1_024;

/** What a proxy stands before, and where it writes. */
export interface RecordingProxyInput {
  /** host:port of the server. */
  readonly target: string;
  /** What it shows to callers and to the server, as one of the network. */
  readonly tls: TlsMaterial;
  readonly file: string;
  /** Where headers and trailers go; default: to the bodies. */
  readonly headersFile?: string;
}

/** Starts a proxy on a port of its own. */
export async function startRecordingProxy({ target, tls, file, headersFile = file }: RecordingProxyInput): Promise<RecordingProxy> {
  const tlsOptions = { cert: tls.certificatePem, key: tls.privateKeyPem, ca: tls.trustedRootsPem, rejectUnauthorized: true };
  const recordHeaders = (headers: IncomingHttpHeaders): void => {
    appendFileSync(headersFile, describe(headers));
  };
  const recordReason = (_code: number, _stream: number, reason?: Uint8Array): void => {
    if (reason !== undefined) appendFileSync(headersFile, reason);
  };
  let upstream: ClientHttp2Session | undefined;
  const session = (): ClientHttp2Session => {
    if (upstream === undefined || upstream.closed || upstream.destroyed) {
      upstream = http2.connect(`https://${target}`, { ...SESSION_OPTIONS, ...tlsOptions });
      upstream.on('error', () => undefined);
      upstream.on('goaway', recordReason);
      endWhenSilent(upstream);
    }
    return upstream;
  };
  const sessions = new Set<ServerHttp2Session>();
  const server = http2.createSecureServer({ ...SESSION_OPTIONS, ...tlsOptions, requestCert: true });
  server.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => undefined);
  });
  server.on('session', (opened) => {
    sessions.add(opened);
    opened.on('close', () => sessions.delete(opened));
    opened.on('error', () => undefined);
    opened.on('goaway', recordReason);
  });
  server.on('stream', (down, headers) => {
    relay(down, headers, session(), { headers: recordHeaders, body: () => createBodyRecord(file) });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    close: () =>
      new Promise((resolve) => {
        upstream?.destroy();
        for (const open of sessions) open.destroy();
        server.close(() => {
          resolve();
        });
      }),
  };
}

/** Node's HTTP/2 does not notice the end of a server that dies while streams are being cancelled. */
function endWhenSilent(session: ClientHttp2Session): void {
  let isAwaited = false;
  const timer = setInterval(() => {
    if (isAwaited) {
      session.destroy();
      return;
    }
    isAwaited = true;
    session.ping(() => { isAwaited = false; });
  }, PING_MS);
  session.on('close', () => {
    clearInterval(timer);
  });
}

/** Chunks of many streams mix in the file, so each repeats the end of the one before it: no marker is cut in two. */
function createBodyRecord(file: string): Record {
  let end = Buffer.alloc(0);
  return (bytes) => {
    const whole = Buffer.concat([end, Buffer.from(bytes as Uint8Array)]);
    appendFileSync(file, whole);
    end = whole.subarray(-REPEATED_BYTES);
  };
}

function relay(
  down: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  session: ClientHttp2Session,
  record: { readonly headers: (headers: IncomingHttpHeaders) => void; readonly body: () => Record },
): void {
  record.headers(headers);
  const recordRequest = record.body();
  const recordAnswer = record.body();
  const up = session.request(headers, { endStream: false });
  let trailers: IncomingHttpHeaders | undefined;
  /** Between a reset and its 'close' event a stream is closed and not yet destroyed: Node throws at whoever writes then. */
  const isOpen = (stream: Http2Stream): boolean => !stream.closed && !stream.destroyed;
  down.on('data', (chunk: Uint8Array) => {
    recordRequest(chunk);
    if (isOpen(up)) up.write(chunk);
  });
  down.on('end', () => {
    if (isOpen(up)) up.end();
  });
  down.on('close', () => {
    if (!up.closed) up.close(http2.constants.NGHTTP2_CANCEL);
  });
  down.on('error', () => undefined);
  up.on('response', (answer, flags) => {
    record.headers(answer);
    const ends = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    if (isOpen(down)) down.respond(withoutConnectionHeaders(answer), { endStream: ends, waitForTrailers: !ends });
    // Only from here on: Node emits 'response' a tick late, a stream that was reset ends before it, and whoever writes or
    // ends first sends headers of Node's own.
    up.on('data', (chunk: Uint8Array) => {
      recordAnswer(chunk);
      if (isOpen(down)) down.write(chunk);
    });
    const end = (): void => {
      if (isOpen(down)) down.end();
    };
    if (up.readableEnded) end();
    else up.on('end', end);
  });
  up.on('close', () => {
    // A server that died within its answer ends it no other way.
    if (isOpen(down) && !(down.headersSent && up.readableEnded)) down.close(up.rstCode);
  });
  up.on('trailers', (found: IncomingHttpHeaders) => {
    record.headers(found);
    trailers = found;
  });
  down.on('wantTrailers', () => {
    if (isOpen(down)) down.sendTrailers(trailers === undefined ? {} : withoutConnectionHeaders(trailers));
  });
  up.on('error', () => {
    if (isOpen(down)) down.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
  });
}

function describe(headers: IncomingHttpHeaders): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${String(value)}\n${decoded(name, String(value))}`)
    .join('');
}

/** Binary metadata travels as base64 and gRPC's texts percent-encoded: both are written decoded as well. */
function decoded(name: string, value: string): string {
  if (name.endsWith('-bin')) return value.split(',').map((part) => `${Buffer.from(part, 'base64').toString('latin1')}\n`).join('');
  if (name !== 'grpc-message') return '';
  try {
    return `${decodeURIComponent(value)}\n`;
  } catch {
    return '';
  }
}

function withoutConnectionHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'connection' && name !== 'keep-alive'));
}
