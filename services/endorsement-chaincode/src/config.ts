import { POLICY_CHAINCODE } from '@selvedge/fabric';
import { monitoringConfig, tlsConfig } from '@selvedge/service-kit';
import { z } from 'zod';

const text = z.string().min(1);
/** Fabric's rule for chaincode names. */
const chaincodeName = z.string().regex(/^[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*$/, 'a chaincode name has letters, digits, and single - or _ between them');

/** Configuration of this process: the JSON file that SELVEDGE_CONFIG names. Unknown settings are refused. */
export const endorsementChaincodeConfig = z.strictObject({
  /** host:port, as the package's connection.json says it; port 0 lets the system choose. */
  listen: text.default('127.0.0.1:0'),
  /** Trusted roots are those of the peer's client certificate. */
  tls: tlsConfig,
  monitoring: monitoringConfig,
  /** Id of the installed package, label:hash. */
  packageId: text,
  network: text,
  channel: text,
  /** The confidential contract, and the name under which this chaincode is deployed. */
  contract: chaincodeName,
  /** Name of the channel's policy chaincode. */
  policyChaincode: chaincodeName.default(POLICY_CHAINCODE),
});

export type EndorsementChaincodeConfig = z.infer<typeof endorsementChaincodeConfig>;
