import { teeConfig } from '@selvedge/attestation/process';
import { tlsConfig } from '@selvedge/service-kit';
import { z } from 'zod';

/** Configuration of the key broker process. Paths are absolute, or relative to the working directory. */
export const keyBrokerConfig = z.strictObject({
  /** host:port; port 0 lets the system choose. */
  listen: z.string().default('127.0.0.1:0'),
  tls: tlsConfig,
  network: z.string().min(1),
  channel: z.string().min(1),
  /** File of SignedProfile bytes. */
  signedProfile: z.string().min(1),
  /** Made when missing. What unlocks it is with the organisations of the profile. */
  storeDirectory: z.string().min(1),
  /** The TEE that the process runs in. */
  tee: teeConfig,
  /** Endorsers and business nodes that show the broker the ledger. */
  followers: z.array(z.strictObject({ mspId: z.string().min(1), address: z.string().min(1) })).min(1),
});

export type KeyBrokerConfig = z.infer<typeof keyBrokerConfig>;
