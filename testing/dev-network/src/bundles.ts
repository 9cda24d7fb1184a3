import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measureFile } from '@selvedge/attestation';
import { SelvedgeError } from '@selvedge/errors';
import type { Measurements } from './genesis.js';
import { SERVICE_NAMES, type ServiceName } from './options.js';

export type Bundles = Readonly<Record<ServiceName, string>>;

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

/** Paths of the services' bundles. Throws INVALID_CONFIGURATION when one is missing. */
export function findBundles(given: Partial<Bundles> = {}): Bundles {
  const found = SERVICE_NAMES.map((name) => [name, resolve(given[name] ?? resolve(REPOSITORY, 'services', name, 'dist/main.bundle.mjs'))] as const);
  for (const [name, file] of found) {
    if (!existsSync(file)) throw new SelvedgeError('INVALID_CONFIGURATION', `the bundle of ${name} is missing (${file}); run "npm run build"`, { role: 'cli' });
  }
  return Object.fromEntries(found) as Record<ServiceName, string>;
}

/** What the TEE processes will measure as: the digest of the whole code that they run. */
export function measureBundles(bundles: Bundles): Measurements {
  return { compute: measureFile(bundles.compute, process.version), keyBroker: measureFile(bundles['key-broker'], process.version) };
}
