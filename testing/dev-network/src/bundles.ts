import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measureFile } from '@selvedge/attestation';
import { SelvedgeError } from '@selvedge/errors';
import type { Measurements } from './genesis.js';
import { CHAINCODE_SERVICES, SERVICE_NAMES, type BundledService, type NetworkSettings } from './options.js';

/** Paths by service; those of services that the network has not are left out. */
export type Bundles = Readonly<Partial<Record<BundledService, string>>> & Readonly<Record<'compute' | 'key-broker', string>>;

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

/** Paths of the services' bundles. Throws INVALID_CONFIGURATION when one is missing. */
export function findBundles(given: Partial<Bundles> = {}, ledger: NetworkSettings['ledger'] = 'embedded'): Bundles {
  const names: readonly BundledService[] = ledger === 'fabric' ? [...SERVICE_NAMES.filter((name) => name !== 'sequencer'), ...CHAINCODE_SERVICES] : SERVICE_NAMES;
  const found = names.map((name) => [name, resolve(given[name] ?? resolve(REPOSITORY, 'services', name, 'dist/main.bundle.mjs'))] as const);
  for (const [name, file] of found) {
    if (!existsSync(file)) throw new SelvedgeError('INVALID_CONFIGURATION', `the bundle of ${name} is missing (${file}); run "npm run build"`, { role: 'cli' });
  }
  return Object.fromEntries(found) as unknown as Bundles;
}

/** What the TEE processes will measure as: the digest of the whole code that they run. */
export function measureBundles(bundles: Bundles): Measurements {
  return { compute: measureFile(bundles.compute, process.version), keyBroker: measureFile(bundles['key-broker'], process.version) };
}
