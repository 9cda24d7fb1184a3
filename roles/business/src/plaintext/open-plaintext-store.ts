import { openEmbeddedPlaintextStore } from './embedded/embedded-store.js';
import type { PlaintextOwner, PlaintextStore } from './plaintext-store.js';
import { openPostgresPlaintextStore } from './postgres/postgres-store.js';

/** Where a node keeps its plaintext datasets. */
export type PlaintextPlace =
  | {
      readonly kind: 'embedded';
      /** A folder of its own, made when missing, for its owner alone. */
      readonly directory: string;
    }
  | {
      readonly kind: 'postgresql';
      /** `postgresql://user@host:port/database`; `%2Ffolder` in place of the host for a Unix socket. No password, no parameters. */
      readonly url: string;
      readonly password?: string | undefined;
      /** Of this node and channel alone; made when missing. Default: `selvedge`. */
      readonly schema?: string | undefined;
      /** PEM of the root that the server's certificate chains to. Needed unless the server is on this machine. */
      readonly tlsRootCertificate?: string | undefined;
      /** How long opening waits for another writer to go. Default: 10 s. */
      readonly lockWaitMs?: number | undefined;
    };

export interface PlaintextStoreConfig extends PlaintextOwner {
  readonly place: PlaintextPlace;
}

export const DEFAULT_PLAINTEXT_SCHEMA = 'selvedge';
const LOCK_WAIT_MS = 10_000;

/**
 * Opens the store of one node's plaintext datasets of one channel, alone. Throws INVALID_CONFIGURATION;
 * PLAINTEXT_STORE_IN_USE when another node or process has it, or it holds another's datasets; PLAINTEXT_STORE_FOREIGN when those are of another ledger;
 * PLAINTEXT_STORE_UNAVAILABLE, which passes; PLAINTEXT_STORE_REFUSED.
 */
export function openPlaintextStore({ place, ...owner }: PlaintextStoreConfig): Promise<PlaintextStore> {
  if (place.kind === 'embedded') return openEmbeddedPlaintextStore(place.directory, owner);
  const { url, password, schema = DEFAULT_PLAINTEXT_SCHEMA, tlsRootCertificate, lockWaitMs = LOCK_WAIT_MS } = place;
  return openPostgresPlaintextStore({ url, password, schema, tlsRootCertificate, lockWaitMs }, owner);
}
