import { readPageText } from '@selvedge/service-kit/monitoring';
import type { MonitoredNode } from '../ports.js';
import { MAX_PAGE_BYTES, parsePrometheus, type MetricSample } from './parse-prometheus.js';

/** What a node's metrics page had; no samples where it did not answer. */
export interface Scrape {
  readonly node: string;
  readonly service: string;
  readonly samples: readonly MetricSample[];
}

const TIMEOUT_MS = 1_500;

/** Reads the metrics of nodes, those that do not answer as empty. Does not reject. */
export function scrape(nodes: readonly MonitoredNode[]): Promise<Scrape[]> {
  return Promise.all(nodes.map(async ({ name, service, monitoring }) => ({ node: name, service, samples: await readPage(monitoring) })));
}

async function readPage(address: string): Promise<readonly MetricSample[]> {
  const page = await readPageText(address, '/metrics', { maxBytes: MAX_PAGE_BYTES, timeoutMs: TIMEOUT_MS });
  return page?.status === 200 ? parsePrometheus(page.text, 'selvedge_') : [];
}
