/** Bounds of the chaincode runtime. Units are in the names. */
export interface ChaincodeLimits {
  /** State calls and range entries of one transaction, the contracts that it calls included; the same holds for the next three. */
  readonly maxReads: number;
  readonly maxReadBytes: number;
  readonly maxWrites: number;
  readonly maxWriteBytes: number;
  readonly maxKeyBytes: number;
  readonly maxOpenQueries: number;
  /** Calls of other contracts in one transaction. */
  readonly maxCalls: number;
  /** Contracts that wait for each other, the first one included. */
  readonly maxCallDepth: number;
  /** The function's result or error text, or its event's payload. */
  readonly maxResultBytes: number;
  /** One message from the chaincode process; a larger one ends the process. */
  readonly maxMessageBytes: number;
  /** Invocations at the same time in one process. */
  readonly maxInFlight: number;
  /** Invocations given up on that the process has not finished; beyond it a fresh process takes over. */
  readonly maxAbandoned: number;
  /** Messages outside of a running invocation; beyond it the process ends. */
  readonly maxStrayMessages: number;
  /** Invocations of one process key that run alone at the same time, after a process ended under several. */
  readonly maxLanes: number;
  /** Chaincode processes of the node; the longest idle one makes room. */
  readonly maxProcesses: number;
  /** JavaScript and Java heap. */
  readonly maxHeapMiB: number;
  /** All memory of one process. */
  readonly maxMemoryMiB: number;
  /** Threads and processes of one chaincode process together. */
  readonly maxThreads: number;
  readonly maxOpenFiles: number;
  /** Processor time that a process may use without finishing an invocation. */
  readonly maxCpuMs: number;
  /** How long a process may leave a ping unanswered, and how often it is pinged. */
  readonly maxBlockedMs: number;
  readonly pingIntervalMs: number;
  /** What a process may print at once; the same again is granted every ten seconds. */
  readonly maxOutputBytes: number;
  /** How often a process's use of the machine is looked at. */
  readonly watchIntervalMs: number;
  /** How long a process may compute without a word after one of its invocations timed out. */
  readonly probeTimeoutMs: number;
  readonly startTimeoutMs: number;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
}

export const CHAINCODE_LIMITS: ChaincodeLimits = {
  maxReads: 20_000,
  maxReadBytes: 64 * 1024 * 1024,
  maxWrites: 10_000,
  maxWriteBytes: 8 * 1024 * 1024,
  maxKeyBytes: 4096,
  maxOpenQueries: 64,
  maxCalls: 1000,
  maxCallDepth: 8,
  maxResultBytes: 4 * 1024 * 1024,
  maxMessageBytes: 16 * 1024 * 1024,
  maxInFlight: 512,
  maxAbandoned: 16,
  maxStrayMessages: 1000,
  maxLanes: 2,
  maxProcesses: 16,
  maxHeapMiB: 512,
  maxMemoryMiB: 1024,
  maxThreads: 128,
  maxOpenFiles: 256,
  maxCpuMs: 10_000,
  maxBlockedMs: 12_000,
  pingIntervalMs: 2_000,
  maxOutputBytes: 8 * 1024 * 1024,
  watchIntervalMs: 500,
  probeTimeoutMs: 2_000,
  startTimeoutMs: 30_000,
  minBackoffMs: 250,
  maxBackoffMs: 30_000,
};
