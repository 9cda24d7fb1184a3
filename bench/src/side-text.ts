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

/** A side's name among those that it is compared with: its subject, and in what else it differs from another of the same subject. */
export function nameSide(side: Side, among: readonly Side[]): string {
  const namesakes = among.filter(({ subject }) => subject === side.subject);
  const differences = DISTINGUISHING.filter(([field]) => namesakes.some((other) => other[field] !== side[field])).map(([field, name]) => `${name} ${String(side[field])}`);
  return [side.subject, ...differences].join(', ');
}

const DISTINGUISHING = [
  ['inFlight', 'in flight'],
  ['batch', 'batch'],
  ['keys', 'keys'],
  ['computeNodes', 'compute nodes'],
] as const;

/** Bytes as a reader writes them. */
export function bytesText(bytes: number): string {
  return bytes >= 1_024 && bytes % 1_024 === 0 ? `${String(bytes / 1_024)} KiB` : `${String(bytes)} B`;
}
