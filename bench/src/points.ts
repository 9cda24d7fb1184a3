import type { CpuByPart } from './accounting.js';

/** Who does the work: Selvedge, one request at a time or in batches, or plain Fabric chaincode over a private data collection or public state. */
export const SUBJECTS = ['plain', 'public', 'selvedge', 'batched'] as const;
export type SubjectName = (typeof SUBJECTS)[number];
/** Read, check, add, write back; read one; or hold the chaincode's process for WAIT_MS. */
export type Workload = 'update' | 'query' | 'wait';
/** How calls are started: the next as soon as one ends, or at a fixed rate whatever the answers do. */
export type Loop = 'closed' | 'open';
/** What is varied. */
export const EXPERIMENTS = ['load', 'hot', 'batch', 'values', 'nodes', 'keys', 'overload'] as const;
export type ExperimentName = (typeof EXPERIMENTS)[number];

/** What one call of the workload `wait` holds its chaincode process for. */
export const WAIT_MS = 20;

/** One side of a comparison: who does what, under which load. */
export interface Side {
  readonly subject: SubjectName;
  readonly workload: Workload;
  readonly loop: Loop;
  /** Calls in flight: always so many (closed), at most so many (open). */
  readonly inFlight: number;
  /** Requests of one batch, at most; 1 for whoever sends them one by one. */
  readonly batch: number;
  readonly valueBytes: number;
  /** Keys in the state. */
  readonly keys: number;
  /** Whether calls go over all keys, each as often as the next, or meet on one. */
  readonly spread: 'uniform' | 'hot';
  /** Compute nodes that the client knows of. */
  readonly computeNodes: number;
}

/** Sides that are measured in turn, slice by slice. */
export interface Comparison {
  readonly experiment: ExperimentName;
  readonly sides: readonly Side[];
}

/** One slice of one side. */
export interface Slice {
  readonly calls: number;
  /** Refused calls, by code. */
  readonly failures: Readonly<Record<string, number>>;
  readonly perSecond: number;
  /** Milliseconds; NaN when no call ended. In an open loop from the moment at which the call was due. */
  readonly p50: number;
  readonly p95: number;
  /** CPU milliseconds used in it, by part. */
  readonly cpu: CpuByPart;
}

/** What a side's slices say together: medians, and what they are medians of. */
export interface Measurement extends Side {
  readonly experiment: ExperimentName;
  /** Measurements of one comparison, which were taken in turn, have the same number. */
  readonly comparison: number;
  /** An open loop's only. */
  readonly offeredPerSecond?: number;
  readonly runs: number;
  readonly calls: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly perSecond: number;
  readonly p50: number;
  readonly p95: number;
  readonly perSecondByRun: readonly number[];
  readonly p50ByRun: readonly number[];
  /** CPU milliseconds per call that succeeded, by part, over all runs. */
  readonly cpu: CpuByPart;
}
