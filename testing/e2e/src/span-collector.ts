import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

/** A span as a process sent it. */
export interface CollectedSpan {
  /** Name under which the process sends. */
  readonly source: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[];
}

/** Takes spans by OTLP over HTTP, in JSON. */
export interface SpanCollector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT of one process. */
  endpoint(source: string): string;
  spans(): readonly CollectedSpan[];
  close(): Promise<void>;
}

interface OtlpTraces {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Omit<CollectedSpan, 'source'>[] }[] }[];
}

/** @param folder gets a file for each source with everything that it sent, byte by byte; default: none */
export async function startSpanCollector(folder?: string): Promise<SpanCollector> {
  const collected: CollectedSpan[] = [];
  const server = createServer((request, response) => {
    const source = /^\/([a-z0-9-]+)\/v1\/traces$/.exec(request.url ?? '')?.[1];
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (source === undefined) throw new Error(`spans came to ${request.url ?? ''}`);
      const body = Buffer.concat(chunks);
      if (folder !== undefined) appendFileSync(path.join(folder, source), Buffer.concat([Buffer.from(JSON.stringify(request.headers)), body]));
      const { resourceSpans } = JSON.parse(body.toString('utf8')) as OtlpTraces;
      for (const { scopeSpans } of resourceSpans) for (const { spans } of scopeSpans) collected.push(...spans.map((span) => ({ source, ...span })));
      response.setHeader('content-type', 'application/json');
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: (source) => `http://127.0.0.1:${String(port)}/${source}`,
    spans: () => collected,
    close: () =>
      new Promise((resolve) => {
        server.close(() => { resolve(); });
        server.closeAllConnections();
      }),
  };
}
