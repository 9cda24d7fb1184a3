import { appendFileSync } from 'node:fs';
import http2, { type ClientHttp2Session, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';

/**
 * A proxy in front of one gRPC server that writes everything that passes, decoded from HTTP/2, to a file: headers and
 * trailers as text (header compression would hide error texts), bodies as they are.
 */
export interface RecordingProxy {
  /** host:port to advertise instead of the server's. */
  readonly address: string;
  close(): Promise<void>;
}

export async function startRecordingProxy(target: string, file: string): Promise<RecordingProxy> {
  const record = (bytes: Uint8Array | string): void => {
    appendFileSync(file, bytes);
  };
  let upstream: ClientHttp2Session | undefined;
  const session = (): ClientHttp2Session => {
    if (upstream === undefined || upstream.closed || upstream.destroyed) {
      upstream = http2.connect(`http://${target}`);
      upstream.on('error', () => undefined);
    }
    return upstream;
  };
  const sessions = new Set<http2.ServerHttp2Session>();
  const server = http2.createServer();
  server.on('session', (opened) => {
    sessions.add(opened);
    opened.on('close', () => sessions.delete(opened));
    opened.on('error', () => undefined);
  });
  server.on('stream', (down, headers) => {
    relay(down, headers, session(), record);
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

function relay(down: ServerHttp2Stream, headers: IncomingHttpHeaders, session: ClientHttp2Session, record: (bytes: Uint8Array | string) => void): void {
  record(describe(headers));
  const up = session.request(headers as OutgoingHttpHeaders, { endStream: false });
  let trailers: IncomingHttpHeaders | undefined;
  down.on('data', (chunk: Uint8Array) => {
    record(chunk);
    up.write(chunk);
  });
  down.on('end', () => {
    up.end();
  });
  down.on('close', () => {
    if (!up.closed) up.close(http2.constants.NGHTTP2_CANCEL);
  });
  down.on('error', () => undefined);
  up.on('response', (answer, flags) => {
    record(describe(answer));
    const ends = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    if (down.destroyed) return;
    down.respond(withoutConnectionHeaders(answer), { endStream: ends, waitForTrailers: !ends });
  });
  up.on('trailers', (found) => {
    record(describe(found));
    trailers = found;
  });
  down.on('wantTrailers', () => {
    down.sendTrailers(trailers === undefined ? {} : withoutConnectionHeaders(trailers));
  });
  up.on('data', (chunk: Uint8Array) => {
    record(chunk);
    if (!down.destroyed) down.write(chunk);
  });
  up.on('end', () => {
    if (!down.destroyed) down.end();
  });
  up.on('error', () => {
    if (!down.destroyed) down.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
  });
}

function describe(headers: IncomingHttpHeaders): string {
  // Binary metadata travels as base64: write it decoded as well.
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${String(value)}\n${name.endsWith('-bin') ? `${Buffer.from(String(value), 'base64').toString('latin1')}\n` : ''}`)
    .join('');
}

function withoutConnectionHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'connection' && name !== 'keep-alive'));
}
