import { DEFAULT_RATES, type Rate } from '@selvedge/key-broker';
import { identityFiles, teeServiceSettings } from '@selvedge/service-kit/tee';
import { z } from 'zod';

const rate = ({ burst, perSecond }: Rate) => z.strictObject({ burst: z.int().min(1).default(burst), perSecond: z.number().positive().default(perSecond) }).prefault({});

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
  limits: z
    .strictObject({
      /** Calls from one address, by token bucket; above it, RATE_LIMITED. */
      callsPerAddress: rate(DEFAULT_RATES.callsPerAddress),
      /** Calls from all addresses. */
      calls: rate(DEFAULT_RATES.calls),
      /** Requests for keys, and for the root, by attested nodes and replicas of one organisation: the audit log records each. */
      releasesPerOrganisation: rate(DEFAULT_RATES.releasesPerOrganisation),
    })
    .prefault({}),
});

export type KeyBrokerConfig = z.infer<typeof keyBrokerConfig>;
