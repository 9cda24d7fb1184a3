import { get } from 'node:http';

/** A page of a monitoring server. */
export interface MonitoringPageText {
  readonly status: number;
  /** The header, where it has one. */
  readonly date: string | undefined;
  readonly text: string;
}

/** Reads a page of a node's monitoring server; undefined where nobody answers in time, or with more than maxBytes. @param address host:port */
export function readPageText(address: string, path: '/readyz' | '/metrics', { maxBytes, timeoutMs }: { readonly maxBytes: number; readonly timeoutMs: number }): Promise<MonitoringPageText | undefined> {
  const page = `http://${address}${path}`;
  if (!URL.canParse(page)) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const request = get(page, { timeout: timeoutMs, signal: AbortSignal.timeout(timeoutMs), agent: false, headers: { connection: 'close' } }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > maxBytes) request.destroy();
        else chunks.push(chunk);
      });
      response.on('error', () => { resolve(undefined); });
      response.on('close', () => { resolve(undefined); });
      response.on('end', () => { resolve({ status: response.statusCode ?? 0, date: response.headers.date, text: Buffer.concat(chunks).toString('utf8') }); });
    });
    request.on('timeout', () => { request.destroy(); });
    request.on('error', () => { resolve(undefined); });
  });
}
