import type { RoleName } from '@selvedge/errors';

/** What Prometheus calls the type of a metric. */
export type MetricKind = 'counter' | 'gauge' | 'histogram';

/** Roles whose processes serve metrics; `client` is a gateway in its user's process. */
export type MonitoredRole = Extract<RoleName, 'client' | 'compute' | 'endorser' | 'business' | 'key-broker' | 'viewer' | 'submitter' | 'sequencer' | 'policy-chaincode' | 'endorsement-chaincode'>;

export interface MetricDefinition {
  readonly kind: MetricKind;
  readonly help: string;
  /** Each with values from a bounded set. Never a key name, an argument, or anything of one request. */
  readonly labels: readonly LabelName[];
  readonly roles: readonly MonitoredRole[];
}

/** Every label that a metric may have, and where its values come from. */
export const LABELS = {
  service: 'a service of the protocol, or the role of a chaincode server',
  method: 'a method of it, or a function of the chaincode',
  code: 'a refusal code, `OK`, or `sealed`: a refusal that only the requester may read',
  contract: 'a contract that the node holds keys of, or that the ledger has',
  kind: 'what is counted, of a fixed list',
  node: 'a compute node’s id',
  hop: 'a hop of a request, of a fixed list',
  check: 'a condition of readiness, of a fixed list',
  version: 'the version of the software',
} as const;
export type LabelName = keyof typeof LABELS;

const IN_TEE = ['compute', 'key-broker', 'viewer'] as const;
const KEY_HOLDERS = ['compute', 'viewer'] as const;
const FOLLOWERS = ['endorser', 'business'] as const;
const SERVERS = [...IN_TEE, ...FOLLOWERS, 'sequencer'] as const;
const PROCESSES = [...SERVERS, 'submitter', 'policy-chaincode', 'endorsement-chaincode'] as const;

/** Upper bounds of a histogram's buckets, in seconds. */
export const SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

/** Every metric of every role. A process has those of its role and no others. */
export const METRICS = {
  selvedge_build_info: { kind: 'gauge', help: 'Always 1; its label says which version runs.', labels: ['version'], roles: PROCESSES },
  selvedge_start_time_seconds: { kind: 'gauge', help: 'When the process started, in seconds since 1970.', labels: [], roles: PROCESSES },
  selvedge_resident_memory_bytes: { kind: 'gauge', help: 'Resident memory of the process.', labels: [], roles: PROCESSES },
  selvedge_cpu_seconds_total: { kind: 'counter', help: 'CPU time of the process, user and system.', labels: [], roles: PROCESSES },
  selvedge_ready: { kind: 'gauge', help: 'Whether each condition of readiness holds: 1 or 0. All must, for /readyz to say so.', labels: ['check'], roles: PROCESSES },
  selvedge_rpc_calls_total: { kind: 'counter', help: 'Calls that ended, by what they ended in.', labels: ['service', 'method', 'code'], roles: PROCESSES },
  selvedge_rpc_call_seconds: { kind: 'histogram', help: 'Time from a call’s message to its answer. Streams are left out.', labels: ['service', 'method'], roles: PROCESSES },
  selvedge_rpc_in_flight: { kind: 'gauge', help: 'Calls under way.', labels: ['service', 'method'], roles: PROCESSES },
  selvedge_queue_depth: { kind: 'gauge', help: 'What runs or waits: requests of a compute node or submitter, transactions that wait for their block at the sequencer.', labels: [], roles: ['compute', 'submitter', 'sequencer'] },
  selvedge_queue_capacity: { kind: 'gauge', help: 'The most that may run or wait; beyond it, OVERLOADED.', labels: [], roles: ['compute', 'submitter', 'sequencer'] },
  selvedge_batches_total: { kind: 'counter', help: 'Batches that the submitter has sent to compute nodes.', labels: ['contract'], roles: ['submitter'] },
  selvedge_batch_items_total: { kind: 'counter', help: 'Requests in these batches.', labels: ['contract'], roles: ['submitter'] },
  selvedge_refusals_total: { kind: 'counter', help: 'Requests refused within the TEE. Those whose code only the requester may read count together, as `sealed`.', labels: ['code'], roles: KEY_HOLDERS },
  selvedge_ledger_height: { kind: 'gauge', help: 'Blocks that the node has, or has a quorum’s word for. Lag is the distance to the highest of the network.', labels: [], roles: SERVERS },
  selvedge_ledger_view_age_seconds: { kind: 'gauge', help: 'Age of the signed ledger view that the TEE goes by. Absent while it has none that may be used.', labels: [], roles: IN_TEE },
  selvedge_ledger_view_failures_total: { kind: 'counter', help: 'Polls that gave no new ledger view, by refusal.', labels: ['code'], roles: KEY_HOLDERS },
  selvedge_key_epoch: { kind: 'gauge', help: 'Newest key epoch of each contract by the node’s ledger view; `@channel` stands for the envelope keys.', labels: ['contract'], roles: KEY_HOLDERS },
  selvedge_contracts: { kind: 'gauge', help: 'Contracts whose keys the node holds, and those whose keys are kept from it.', labels: ['kind'], roles: ['compute'] },
  selvedge_attestation_time_seconds: { kind: 'gauge', help: 'When the key broker last accepted the node’s evidence, in seconds since 1970. Its age is time() minus this.', labels: [], roles: KEY_HOLDERS },
  selvedge_certificate_end_time_seconds: { kind: 'gauge', help: 'When the node’s TEE certificate ends, in seconds since 1970.', labels: [], roles: KEY_HOLDERS },
  selvedge_key_requests_total: { kind: 'counter', help: 'Attempts to get keys from the key broker, by what they ended in.', labels: ['code'], roles: KEY_HOLDERS },
  selvedge_state_queries_total: { kind: 'counter', help: 'Messages to business nodes for state.', labels: [], roles: ['compute'] },
  selvedge_memory_answers_total: { kind: 'counter', help: 'Points (single keys) and sets that were answered from the TEE’s memory, without a message to a business node.', labels: ['kind'], roles: ['compute'] },
  selvedge_memory_bytes: { kind: 'gauge', help: 'TEE memory for kept sets and points, by estimate.', labels: ['kind'], roles: ['compute'] },
  selvedge_broker_locked: { kind: 'gauge', help: 'Whether the key broker waits for shares of its unlock secret, or another replica’s root: 1 or 0.', labels: [], roles: ['key-broker'] },
  selvedge_hop_seconds: { kind: 'histogram', help: 'Time of each hop, as the gateway sees it.', labels: ['hop'], roles: ['client'] },
  selvedge_hops_total: { kind: 'counter', help: 'Hops that ended, by what they ended in.', labels: ['hop', 'code'], roles: ['client'] },
  selvedge_replica_agreed_total: { kind: 'counter', help: 'How often a compute node agreed with the others about a contract.', labels: ['contract', 'node'], roles: ['client'] },
  selvedge_replica_outvoted_total: { kind: 'counter', help: 'How often it was outvoted.', labels: ['contract', 'node'], roles: ['client'] },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricName = keyof typeof METRICS;

/** Names of the metrics of one role, in the order of the catalogue. */
export function metricsOf(role: MonitoredRole): MetricName[] {
  return (Object.keys(METRICS) as MetricName[]).filter((name) => (METRICS[name].roles as readonly MonitoredRole[]).includes(role));
}
