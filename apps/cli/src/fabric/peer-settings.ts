import { load } from 'js-yaml';
import { SelvedgeError } from '@selvedge/errors';
import type { ChannelSettings } from '@selvedge/fabric';

/** Settings of a peer that matter to Selvedge. */
export type PeerSettings = Pick<ChannelSettings, 'pullRetryThresholdMs' | 'skipPullingInvalidTransactions' | 'transientBlockRetention' | 'reconnectIntervalMs'>;

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1, us: 0.001, µs: 0.001, ns: 0.000_001 };
const DURATION = /^(?:\d+(?:\.\d+)?(?:h|ms|m|s|us|µs|ns))+$/;

/**
 * Reads the settings that matter out of a core.yaml; what it leaves out, or says in a form that is not known, is left
 * out. Environment variables of the peer, which win over its file, are not seen here. Throws INVALID_CONFIGURATION.
 */
export function parsePeerSettings(text: string, source: string): PeerSettings {
  let value: unknown;
  try {
    value = load(text, { filename: source });
  } catch (cause) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `${source}: not YAML`, { role: 'cli', cause });
  }
  const gossip = field(field(value, 'peer'), 'gossip');
  const privateData = field(gossip, 'pvtData');
  return {
    ...given('pullRetryThresholdMs', durationMs(field(privateData, 'pullRetryThreshold'))),
    ...given('skipPullingInvalidTransactions', booleanOf(field(privateData, 'skipPullingInvalidTransactionsDuringCommit'))),
    ...given('transientBlockRetention', numberOf(field(privateData, 'transientstoreMaxBlockRetention'))),
    ...given('reconnectIntervalMs', durationMs(field(gossip, 'reconnectInterval'))),
  };
}

/** Milliseconds of a duration as Go writes it, such as 1m30s. */
export function durationMs(value: unknown): number | undefined {
  if (typeof value !== 'string' || !DURATION.test(value)) return undefined;
  return [...value.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/g)].reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0);
}

/** Keys of core.yaml are read in any case, as peers do. */
function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1] as unknown;
}

function booleanOf(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function given<K extends string, T>(key: K, value: T | undefined): Partial<Record<K, T>> {
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<K, T>>);
}
