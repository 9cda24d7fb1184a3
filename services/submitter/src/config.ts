import type { BatchPolicy } from '@selvedge/client';
import { verifyBatchPolicy } from '@selvedge/client/submitter';
import { monitoringConfig, tlsConfig } from '@selvedge/service-kit';
import { z } from 'zod';

/** maxBatch, maxBatchDelayMs and maxInFlight as a gateway has them (BatchPolicy). */
const batchPolicy = z.strictObject({ maxBatch: z.int(), maxBatchDelayMs: z.number(), maxInFlight: z.int().optional() });

/** Configuration of this process: the JSON file that SELVEDGE_CONFIG names. Unknown settings are refused. */
export const submitterConfig = z.strictObject({
  /** host:port or unix:path; port 0 lets the system choose. */
  listen: z.string().min(1).default('127.0.0.1:0'),
  /** network.json: where the others are reached. It is read again when they come and go. */
  connectionProfile: z.string().min(1),
  /** Whose clients are served, and PEM files of the identity that calls endorsers; on Fabric it sends the transactions. */
  mspId: z.string().min(1),
  identity: z.strictObject({ certificate: z.string().min(1), privateKey: z.string().min(1) }),
  /** TLS is what tells the organisation's clients from others, so it cannot be off. */
  tls: tlsConfig.refine((tls) => tls !== 'off', { error: "a submitter knows its organisation's clients by their TLS certificates: tls cannot be 'off'" }),
  /** PEM file: roots of this organisation's TLS certificates, and of no other's. */
  clientRoots: z.string().min(1),
  monitoring: monitoringConfig,
  batching: z
    .strictObject({
      /** Of contracts that have none of their own. */
      default: batchPolicy.prefault({ maxBatch: 100, maxBatchDelayMs: 5 }),
      contracts: z.record(z.string().min(1), batchPolicy).default({}),
    })
    .prefault({}),
  limits: z
    .strictObject({
      /** Requests that wait or are under way; above it, OVERLOADED. */
      maxQueued: z.int().min(1).default(8_192),
      /** The same in bytes of sealed requests. */
      maxQueuedBytes: z.int().min(1).default(256 * 1024 * 1024),
      /** Requests of one connection. */
      maxQueuedPerClient: z.int().min(1).default(2_048),
      /** How long what is here may take to end when the process is stopped. */
      drainMs: z.int().min(0).default(15_000),
    })
    .prefault({}),
});

export type SubmitterConfig = z.infer<typeof submitterConfig>;

/** How each contract's requests are batched. Throws INVALID_CONFIGURATION naming the contract. */
export function readBatching({ batching }: Pick<SubmitterConfig, 'batching'>): (contract: string) => BatchPolicy {
  const policyOf = ({ maxInFlight, ...policy }: z.infer<typeof batchPolicy>): BatchPolicy => ({ ...policy, ...(maxInFlight === undefined ? {} : { maxInFlight }) });
  const contracts = new Map(Object.entries(batching.contracts).map(([contract, policy]) => [contract, policyOf(policy)]));
  const others = policyOf(batching.default);
  for (const [contract, policy] of [...contracts, ['(default)', others] as const]) verifyBatchPolicy(contract, policy);
  return (contract) => contracts.get(contract) ?? others;
}
