import { teeConfig } from '@selvedge/attestation/process';
import { tlsConfig } from '@selvedge/service-kit';
import { z } from 'zod';

const text = z.string().min(1);
const peer = z.strictObject({ mspId: text, address: text });

/** Configuration of the compute node process. Paths are absolute, or relative to the working directory. */
export const computeConfig = z.strictObject({
  /** host:port; port 0 lets the system choose. */
  listen: z.string().default('127.0.0.1:0'),
  tls: tlsConfig,
  network: text,
  channel: text,
  nodeId: text.max(64),
  /** File of SignedProfile bytes: the trust anchor. */
  signedProfile: text,
  keyBroker: text,
  /** Endorsers and business nodes that show this node the ledger. */
  followers: z.array(peer).min(1),
  businessNodes: z.array(peer).min(1),
  /** Contract packages by code hash; not trusted. */
  packageStore: text,
  /** Directory of this node alone; its content is removed at start. */
  runDirectory: text,
  /** The TEE that the process runs in. */
  tee: teeConfig,
  /** The operating organisation's identity, PEM files. */
  operator: z.strictObject({ mspId: text, certificateFile: text, privateKeyFile: text }),
  limits: z
    .strictObject({
      /** Requests that run at the same time. */
      maxRunning: z.int().min(1).default(64),
      /** Requests that wait; above it, OVERLOADED. */
      maxQueued: z.int().min(0).default(256),
      /** Batches that run at the same time, beside; four times as many wait. */
      maxBatches: z.int().min(1).default(4),
      chaincodeMs: z.int().min(1).default(20_000),
      /** How far a request's timestamp may be off, either way. */
      freshnessMs: z.int().min(1).default(300_000),
      /** How many blocks a business node may be behind the ledger view. */
      maxLagBlocks: z.int().min(0).default(16),
      /** Age at which the ledger view is refused. */
      maxViewAgeMs: z.int().min(1).default(10_000),
      /** TEE memory for sets of entries that queries read, with their indexes, until they change; by estimate. 0 keeps none. */
      keptSetBytes: z.int().min(0).default(256 * 1024 * 1024),
      /** TEE memory for keys that queries read, until a block changes them; by estimate. 0 keeps none. */
      keptPointBytes: z.int().min(0).default(64 * 1024 * 1024),
      /** Age at which the ledger view answers nothing from memory any more: business nodes are asked. */
      maxMemoryAgeMs: z.int().min(0).default(2_500),
      /** How long a stop waits for running requests. */
      drainMs: z.int().min(0).default(10_000),
    })
    .prefault({}),
});

export type ComputeConfig = z.infer<typeof computeConfig>;
