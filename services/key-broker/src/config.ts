import { identityFiles, teeServiceSettings } from '@selvedge/service-kit/tee';
import { z } from 'zod';

/** Configuration of the key broker process. */
export const keyBrokerConfig = z.strictObject({
  ...teeServiceSettings,
  /** Made when missing. What unlocks it is with the organisations of the profile. */
  storeDirectory: z.string().min(1),
  /** Other replicas of this broker: one of them that is up gives this one the root when it starts. */
  replication: z
    .strictObject({
      replicas: z.array(z.string().min(1)).min(1).max(16),
      /** Without a store this one makes no root of its own but waits for theirs. */
      joins: z.boolean().default(false),
      /** The operating organisation's identity: the other replicas take no stranger's request. */
      operator: identityFiles,
    })
    .optional(),
});

export type KeyBrokerConfig = z.infer<typeof keyBrokerConfig>;
