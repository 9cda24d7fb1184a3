import { monitoringConfig, tlsConfig } from '@selvedge/service-kit';
import { z } from 'zod';

const text = z.string().min(1);

/** Configuration of this process: the JSON file that SELVEDGE_CONFIG names. Unknown settings are refused. */
export const policyChaincodeConfig = z.strictObject({
  /** host:port, as the package's connection.json says it; port 0 lets the system choose. */
  listen: text.default('127.0.0.1:0'),
  /** Trusted roots are those of the peer's client certificate. */
  tls: tlsConfig,
  monitoring: monitoringConfig,
  /** Id of the installed package, label:hash. */
  packageId: text,
  network: text,
  channel: text,
  /** File of SignedProfile bytes: the trust anchor, which the first policy change must set. */
  signedProfile: text,
});

export type PolicyChaincodeConfig = z.infer<typeof policyChaincodeConfig>;
