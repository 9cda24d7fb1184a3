import { get } from 'node:http';
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

function readPage(address: string): Promise<readonly MetricSample[]> {
  const page = `http://${address}/metrics`;
  if (!URL.canParse(page)) return Promise.resolve([]);
  return new Promise((resolve) => {
    const request = get(page, { timeout: TIMEOUT_MS, signal: AbortSignal.timeout(TIMEOUT_MS), agent: false, headers: { connection: 'close' } }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_PAGE_BYTES) request.destroy();
        else chunks.push(chunk);
      });
      response.on('error', () => { resolve([]); });
      response.on('close', () => { resolve([]); });
      response.on('end', () => { resolve(response.statusCode === 200 ? parsePrometheus(Buffer.concat(chunks).toString('utf8'), 'selvedge_') : []); });
    });
    request.on('timeout', () => { request.destroy(); });
    request.on('error', () => { resolve([]); });
  });
}
