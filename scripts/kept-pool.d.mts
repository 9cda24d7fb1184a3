import type { PoolRunnerInitializer } from 'vitest/node';

export interface KeptPool {
  /** For vitest's setting `pool`. */
  readonly pool: PoolRunnerInitializer;
  /** Ends the processes that wait for work: the next test file runs in a new one. */
  end(): void;
}

export function createKeptPool(): KeptPool;
