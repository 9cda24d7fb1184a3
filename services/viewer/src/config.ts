import { teeNodeLimits, teeNodeSettings } from '@selvedge/service-kit/tee';
import { z } from 'zod';

/**
 * Configuration of the viewer process. Its operator is the organisation whose readers it answers, and its business nodes
 * are of that organisation: no other serves it.
 */
export const viewerConfig = z.strictObject({
  ...teeNodeSettings,
  /** Folder of the audit log. Made when missing. */
  storeDirectory: z.string().min(1),
  limits: z
    .strictObject({
      ...teeNodeLimits,
      /** Views at the same time. */
      maxRunning: z.int().min(1).default(4),
      /** Views that wait; above it, OVERLOADED. */
      maxQueued: z.int().min(0).default(32),
    })
    .prefault({}),
});

export type ViewerConfig = z.infer<typeof viewerConfig>;
