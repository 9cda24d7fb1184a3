import { measureFile } from '@selvedge/attestation';
import { findBundle } from '@selvedge/service-kit/launch';
import type { Measurements } from './genesis.js';
import { CHAINCODE_SERVICES, SERVICE_NAMES, type BundledService, type NetworkSettings } from './options.js';

/** Paths by service; those of services that the network has not are left out. */
export type Bundles = Readonly<Partial<Record<BundledService, string>>> & Readonly<Record<'compute' | 'key-broker' | 'viewer', string>>;

/** Paths of the services' bundles. Throws INVALID_CONFIGURATION when one is missing. */
export function findBundles(given: Partial<Bundles> = {}, ledger: NetworkSettings['ledger'] = 'embedded'): Bundles {
  const names: readonly BundledService[] = ledger === 'fabric' ? [...SERVICE_NAMES.filter((name) => name !== 'sequencer'), ...CHAINCODE_SERVICES] : SERVICE_NAMES;
  return Object.fromEntries(names.map((name) => [name, findBundle(name, given[name])])) as unknown as Bundles;
}

/** What the TEE processes will measure as: the digest of the whole code that they run. */
export function measureBundles(bundles: Bundles): Measurements {
  return { compute: measureFile(bundles.compute, process.version), keyBroker: measureFile(bundles['key-broker'], process.version), viewer: measureFile(bundles.viewer, process.version) };
}
