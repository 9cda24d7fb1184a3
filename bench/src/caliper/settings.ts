import path from 'node:path';

/** What Caliper's network configuration says under `selvedge`. */
export interface ConnectorSettings {
  /** Folder of a network: what `selvedge up --dir` made. */
  readonly directory: string;
  /** Whose user calls. */
  readonly mspId: string;
  readonly user: string;
  /** Name of the deployed contract. */
  readonly contract: string;
  /** Folder of a chaincode that the manager deploys when Caliper installs; undefined: it is there. */
  readonly chaincode: string | undefined;
  /** How requests travel together; undefined: one by one. */
  readonly batching: { readonly maxBatch: number; readonly maxBatchDelayMs: number } | undefined;
}

/**
 * Reads the section from parsed YAML; paths start at `folder`.
 * Throws TypeError, which names the setting.
 */
export function parseConnectorSettings(value: unknown, folder: string): ConnectorSettings {
  const section = record('selvedge', value);
  const unknown = Object.keys(section).find((name) => !['directory', 'mspId', 'user', 'contract', 'chaincode', 'batching'].includes(name));
  if (unknown !== undefined) throw new TypeError(`selvedge.${unknown} is not a setting`);
  return {
    directory: path.resolve(folder, text(section, 'directory')),
    mspId: text(section, 'mspId'),
    user: section.user === undefined ? 'User1' : text(section, 'user'),
    contract: text(section, 'contract'),
    chaincode: section.chaincode === undefined ? undefined : path.resolve(folder, text(section, 'chaincode')),
    batching: section.batching === undefined ? undefined : parseBatching(section.batching),
  };
}

function parseBatching(value: unknown): ConnectorSettings['batching'] {
  const { maxBatch, maxBatchDelayMs } = record('selvedge.batching', value);
  if (typeof maxBatch !== 'number' || typeof maxBatchDelayMs !== 'number') throw new TypeError('selvedge.batching needs the numbers maxBatch and maxBatchDelayMs');
  return { maxBatch, maxBatchDelayMs };
}

function record(name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError(`Caliper's network configuration needs a section "${name}"`);
  return value as Readonly<Record<string, unknown>>;
}

function text(section: Readonly<Record<string, unknown>>, name: string): string {
  const value = section[name];
  if (typeof value !== 'string' || value === '') throw new TypeError(`selvedge.${name} must be a text`);
  return value;
}
