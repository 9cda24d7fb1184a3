/** Bounds of a gateway's work. All have defaults. */
export interface ClientLimits {
  /** One call to one compute node. */
  readonly attemptTimeoutMs: number;
  /** The whole execution, tries on other nodes included. */
  readonly executeTimeoutMs: number;
  /** The whole endorsement, second tries included. */
  readonly endorseTimeoutMs: number;
  /** Staging at every declared owner, second tries included. */
  readonly stageTimeoutMs: number;
  /** Ordering, second tries included. */
  readonly submitTimeoutMs: number;
  /** Waiting for the commit at every declared owner. */
  readonly commitStatusTimeoutMs: number;
  /** Fetching a gated result of a committed transaction, second tries included. */
  readonly releaseTimeoutMs: number;
  /** What a submitter may take until a request is endorsed, its turn in the queue included; after that the request goes by itself. */
  readonly submitterTimeoutMs: number;
  /** Fetching and verifying the broker's evidence. */
  readonly evidenceTimeoutMs: number;
  /** Evidence older than this is fetched again before the next request. */
  readonly evidenceMaxAgeMs: number;
  /** How often a request is built again after an epoch or profile refusal. */
  readonly maxRebuilds: number;
  /** Requests of this gateway under way at once, from the call to its end and those that wait included; beyond, OVERLOADED at once. */
  readonly maxInFlight: number;
  /** How long a request waits for a place at a node or in a batch while others are refused so, and as long after; then OVERLOADED. */
  readonly overloadWaitMs: number;
  /** Calls of this gateway to one compute node at once, fewer while that is overloaded; more wait here. */
  readonly maxInFlightPerNode: number;
  /** How long a node that failed is asked last. */
  readonly failurePenaltyMs: number;
  /** On Fabric, how long owners may take to tell the verdict on a transaction that a peer has found invalid already. */
  readonly ownersGraceMs: number;
  /** On Fabric, how long an ordered transaction may be in no block before it is handed to ordering again. */
  readonly resubmitAfterMs: number;
  /** How long endorsers that disagree, and business nodes that may be behind, are asked again. */
  readonly staleGraceMs: number;
}

export const DEFAULT_LIMITS: ClientLimits = {
  attemptTimeoutMs: 30_000,
  executeTimeoutMs: 60_000,
  endorseTimeoutMs: 30_000,
  stageTimeoutMs: 30_000,
  submitTimeoutMs: 30_000,
  commitStatusTimeoutMs: 60_000,
  releaseTimeoutMs: 30_000,
  submitterTimeoutMs: 60_000,
  evidenceTimeoutMs: 15_000,
  evidenceMaxAgeMs: 5 * 60_000,
  maxRebuilds: 5,
  maxInFlight: 1_024,
  overloadWaitMs: 2_000,
  maxInFlightPerNode: 256,
  failurePenaltyMs: 2_000,
  ownersGraceMs: 5_000,
  resubmitAfterMs: 10_000,
  staleGraceMs: 1_000,
};
