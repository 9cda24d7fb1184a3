import { SelvedgeError } from '@selvedge/errors';
import { readJson, writeJson } from '@selvedge/service-kit/launch';
import type { Layout } from './layout.js';
import type { PlannedNode } from './node-configs.js';
import type { NetworkSettings } from './options.js';

/** dev-network.json: what a later start needs to find the same network. */
export interface SavedNetwork {
  readonly settings: NetworkSettings;
  /** Compute nodes, by name. */
  readonly computeNodes: readonly PlannedNode[];
  /** Where each node listens, by name. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Where each service serves its metrics. None in a network from before there were any. */
  readonly monitoring?: Readonly<Record<string, string>>;
  /** Hexadecimal: what the TEE processes measured as when the profile was signed. */
  readonly measurements: { readonly compute: string; readonly keyBroker: string; /** None in a network from before there were viewers. */ readonly viewer?: string };
}

/** undefined when the folder holds no network. Throws INVALID_CONFIGURATION when the file is of another kind. */
export async function readSavedNetwork(layout: Layout): Promise<SavedNetwork | undefined> {
  const value = (await readJson(layout.settingsFile)) as SavedNetwork | undefined;
  if (value === undefined) return undefined;
  if (typeof value.settings !== 'object' || typeof value.addresses !== 'object' || typeof value.measurements !== 'object') {
    throw new SelvedgeError('INVALID_CONFIGURATION', `${layout.settingsFile}: not a development network's settings`, { role: 'cli' });
  }
  return value;
}

export function writeSavedNetwork(layout: Layout, saved: SavedNetwork): Promise<void> {
  return writeJson(layout.settingsFile, saved);
}
