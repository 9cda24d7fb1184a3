import type { Side } from './points.js';

/** A side's load in a few words; what is as everywhere goes without saying. */
export function describeSide({ loop, inFlight, batch, valueBytes, keys, spread, computeNodes }: Omit<Side, 'subject' | 'workload'>): string {
  return [
    `${String(inFlight)} in flight`,
    ...(loop === 'open' ? ['open loop'] : []),
    ...(batch === 1 ? [] : [`batch ${String(batch)}`]),
    bytesText(valueBytes),
    spread === 'hot' ? 'one key' : `${String(keys)} keys`,
    ...(computeNodes === 1 ? [] : [`${String(computeNodes)} nodes`]),
  ].join(', ');
}

/** Bytes as a reader writes them. */
export function bytesText(bytes: number): string {
  return bytes >= 1_024 && bytes % 1_024 === 0 ? `${String(bytes / 1_024)} KiB` : `${String(bytes)} B`;
}
