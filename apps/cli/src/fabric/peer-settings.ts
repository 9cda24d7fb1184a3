import { load } from 'js-yaml';
import { SelvedgeError } from '@selvedge/errors';
import type { ChannelSettings } from '@selvedge/fabric';

/** Settings of a peer that matter to Selvedge. */
export type PeerSettings = Pick<ChannelSettings, 'pullRetryThresholdMs' | 'skipPullingInvalidTransactions' | 'reconciles' | 'deprioritizedReconcilerIntervalMs' | 'transientBlockRetention' | 'reconnectIntervalMs'>;

/** What a peer is configured by. */
export interface PeerConfiguration {
  /** Its core.yaml. */
  readonly config?: SourceText | undefined;
  /** Variables of its environment, one NAME=VALUE a line, as Docker and systemd read such files; they win over core.yaml. */
  readonly environment?: SourceText | undefined;
}

export interface SourceText {
  readonly text: string;
  /** For error texts. */
  readonly source: string;
}

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1, us: 0.001, µs: 0.001, ns: 0.000_001 };
const DURATION = /^(?:\d+(?:\.\d+)?(?:h|ms|m|s|us|µs|ns))+$/;
const VARIABLE = /^\s*(?:export\s+)?(CORE_[A-Za-z0-9_]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|(.*?))\s*$/;
/** What a peer takes where its core.yaml says nothing (gossip/privdata/config.go, gossip/gossip/config.go). */
const DEFAULTS: PeerSettings = { pullRetryThresholdMs: 0, skipPullingInvalidTransactions: false, reconciles: false, deprioritizedReconcilerIntervalMs: 3_600_000, transientBlockRetention: 1_000, reconnectIntervalMs: 25_000 };

/**
 * Reads the settings that matter. What is said in a form that is not known is left out, and so is what only an unseen
 * core.yaml could say. Throws INVALID_CONFIGURATION.
 */
export function readPeerSettings({ config, environment }: PeerConfiguration): PeerSettings {
  const file = config === undefined ? undefined : { root: parseYaml(config) };
  const variables = parseVariables(environment?.text ?? '');
  const setting = <K extends keyof PeerSettings>(name: K, path: string, parse: (value: unknown) => PeerSettings[K]): Partial<PeerSettings> => {
    const value = variables.get(`CORE_${path.replaceAll('.', '_')}`.toUpperCase()) ?? valueAt(file?.root, path.split('.'));
    const parsed = value === undefined ? file && DEFAULTS[name] : parse(value);
    return parsed === undefined ? {} : { [name]: parsed };
  };
  return {
    ...setting('pullRetryThresholdMs', 'peer.gossip.pvtData.pullRetryThreshold', durationMs),
    ...setting('skipPullingInvalidTransactions', 'peer.gossip.pvtData.skipPullingInvalidTransactionsDuringCommit', booleanOf),
    ...setting('reconciles', 'peer.gossip.pvtData.reconciliationEnabled', booleanOf),
    ...setting('deprioritizedReconcilerIntervalMs', 'ledger.pvtdataStore.deprioritizedDataReconcilerInterval', durationMs),
    ...setting('transientBlockRetention', 'peer.gossip.pvtData.transientstoreMaxBlockRetention', numberOf),
    ...setting('reconnectIntervalMs', 'peer.gossip.reconnectInterval', durationMs),
  };
}

/** Milliseconds of a duration as Go writes it, such as 1m30s. */
export function durationMs(value: unknown): number | undefined {
  if (typeof value !== 'string' || !DURATION.test(value)) return undefined;
  return [...value.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/g)].reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0);
}

function parseYaml({ text, source }: SourceText): unknown {
  try {
    return load(text, { filename: source });
  } catch (cause) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `${source}: not YAML`, { role: 'cli', cause });
  }
}

/** Names are read in any case, and other lines passed over: the file may well hold more. */
function parseVariables(text: string): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [, name, doublyQuoted, quoted, bare] = VARIABLE.exec(line) ?? [];
    if (name !== undefined) variables.set(name.toUpperCase(), doublyQuoted ?? quoted ?? bare ?? '');
  }
  return variables;
}

/** Keys of core.yaml are read in any case, as peers do. */
function valueAt(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return value ?? undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  return valueAt(Object.entries(value).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1], rest);
}

function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  return value === 'true' ? true : value === 'false' ? false : undefined;
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
