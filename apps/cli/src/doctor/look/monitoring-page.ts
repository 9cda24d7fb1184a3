import { readPageText } from '@selvedge/service-kit/monitoring';
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
export async function readMonitoringPage(address: string): Promise<MonitoringPage | undefined> {
  const sentAt = Date.now();
  const page = await readPageText(address, '/readyz', { maxBytes: MAX_PAGE_BYTES, timeoutMs: TIMEOUT_MS });
  if (page === undefined) return undefined;
  const skewMs = clockSkew(page.date, sentAt, Date.now());
  return { clock: skewMs === undefined ? undefined : { skewMs }, unmet: parseReadinessPage(page.text) };
}
