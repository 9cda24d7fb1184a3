import { teeServiceSettings } from '@selvedge/service-kit/tee';
import { z } from 'zod';

/** Configuration of the key broker process. */
export const keyBrokerConfig = z.strictObject({
  ...teeServiceSettings,
  /** Made when missing. What unlocks it is with the organisations of the profile. */
  storeDirectory: z.string().min(1),
});

export type KeyBrokerConfig = z.infer<typeof keyBrokerConfig>;
