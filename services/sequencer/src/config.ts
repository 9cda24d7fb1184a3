import { monitoringConfig, tlsConfig } from '@selvedge/service-kit';
import { z } from 'zod';

const file = z.string().min(1);

/** Configuration of the sequencer process. */
export const sequencerConfig = z.strictObject({
  /** host:port; port 0 lets the system choose. */
  listen: z.string().default('127.0.0.1:0'),
  tls: tlsConfig,
  monitoring: monitoringConfig,
  network: z.string().min(1),
  channel: z.string().min(1),
  /** Where the log is kept. */
  directory: file,
  /** The orderer identity that the network profile names. */
  identity: z.strictObject({ mspId: z.string().min(1), certificateFile: file, privateKeyFile: file }),
  /** PolicyTransaction bytes of block 0: it sets the network profile. */
  genesisFile: file,
  maxBatch: z.int().min(1).optional(),
  minBlockIntervalMs: z.int().min(0).max(10_000).optional(),
  maxQueue: z.int().min(1).optional(),
});

export type SequencerConfig = z.infer<typeof sequencerConfig>;
