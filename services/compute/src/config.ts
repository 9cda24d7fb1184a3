import { teeNodeLimits, teeNodeSettings } from '@selvedge/service-kit/tee';
import { z } from 'zod';

/** Configuration of the compute node process. */
export const computeConfig = z.strictObject({
  ...teeNodeSettings,
  /** Contract packages by code hash; not trusted. */
  packageStore: z.string().min(1),
  /** Directory of this node alone; its content is removed at start. */
  runDirectory: z.string().min(1),
  limits: z
    .strictObject({
      ...teeNodeLimits,
      /** Requests that run at the same time. */
      maxRunning: z.int().min(1).default(64),
      /** Requests that wait; above it, OVERLOADED. */
      maxQueued: z.int().min(0).default(256),
      /** Batches that run at the same time, beside; four times as many wait. */
      maxBatches: z.int().min(1).default(4),
      chaincodeMs: z.int().min(1).default(20_000),
      /** TEE memory for sets of entries that queries read, with their indexes, until they change; by estimate. 0 keeps none. */
      keptSetBytes: z.int().min(0).default(256 * 1024 * 1024),
      /** TEE memory for keys that queries read, until a block changes them; by estimate. 0 keeps none. */
      keptPointBytes: z.int().min(0).default(64 * 1024 * 1024),
      /** Age at which the ledger view answers nothing from memory any more: business nodes are asked. */
      maxMemoryAgeMs: z.int().min(0).default(2_500),
    })
    .prefault({}),
});

export type ComputeConfig = z.infer<typeof computeConfig>;
