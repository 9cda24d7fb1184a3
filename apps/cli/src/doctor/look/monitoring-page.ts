import { get } from 'node:http';
import { clockSkew } from '../domain/clock-skew.js';
import type { ClockFacts, UnmetCondition } from '../domain/facts.js';
import { parseReadinessPage } from '../domain/readiness-page.js';

const TIMEOUT_MS = 3_000;
const MAX_PAGE_BYTES = 16 * 1024;

export interface MonitoringPage {
  readonly clock: ClockFacts | undefined;
  readonly unmet: readonly UnmetCondition[];
}

/** Reads a node's /readyz; undefined where nobody answers, or answers more than such a page has. @param address host:port */
export function readMonitoringPage(address: string): Promise<MonitoringPage | undefined> {
  const page = `http://${address}/readyz`;
  if (!URL.canParse(page)) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const sentAt = Date.now();
    const request = get(page, { timeout: TIMEOUT_MS, signal: AbortSignal.timeout(TIMEOUT_MS), agent: false, headers: { connection: 'close' } }, (response) => {
      const skewMs = clockSkew(response.headers.date, sentAt, Date.now());
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_PAGE_BYTES) request.destroy();
        else chunks.push(chunk);
      });
      response.on('error', () => { resolve(undefined); });
      response.on('close', () => { resolve(undefined); });
      response.on('end', () => {
        resolve({ clock: skewMs === undefined ? undefined : { skewMs }, unmet: parseReadinessPage(Buffer.concat(chunks).toString('utf8')) });
      });
    });
    request.on('timeout', () => { request.destroy(); });
    request.on('error', () => { resolve(undefined); });
  });
}
