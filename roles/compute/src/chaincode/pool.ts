import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { createBackoff } from './backoff.js';
import type { ChaincodeProcess } from './chaincode-process.js';
import type { ChaincodeLimits } from './limits.js';
import { SharedFate } from './shared-fate.js';
import { unlessAborted } from './unless-aborted.js';

export interface PoolOptions {
  readonly limits: ChaincodeLimits;
  /** Monotonic clock, milliseconds. */
  readonly now: () => number;
}

/** Starts the process behind a key. The signal fires when the pool closes. */
export type StartProcess = (signal: AbortSignal) => Promise<ChaincodeProcess>;

/** The chaincode processes of a node, at most one usable per key. */
export interface ProcessPool {
  /**
   * Runs a task with the process of a key, which starts when there is none; concurrent callers share the start.
   *
   * @throws SelvedgeError OVERLOADED (every place is busy), DRAINING, CANCELLED (the signal), CHAINCODE_START_FAILED, or
   * what start and task throw
   */
  use<T>(key: string, start: StartProcess, signal: AbortSignal, task: (process: ChaincodeProcess) => Promise<T>): Promise<T>;
  /** Forgets the failures of a key, so that its next use starts at once. */
  forgive(key: string): void;
  /** Takes processes of these keys out of use: idle ones end at once, busy ones when their last task has. */
  retire(matches: (key: string) => boolean): void;
  readonly processes: readonly ChaincodeProcess[];
  close(): Promise<void>;
}

interface Entry {
  readonly key: string;
  readonly started: Promise<ChaincodeProcess>;
  process: ChaincodeProcess | undefined;
  users: number;
  lastUsed: number;
  /** Ended or to be ended by the pool, so that its end is no crash. */
  isRetired: boolean;
}

/** Builds an empty pool. */
export function createProcessPool({ limits, now }: PoolOptions): ProcessPool {
  const current = new Map<string, Entry>();
  /** All entries that have or may get a process, those that only finish their work included. */
  const entries = new Set<Entry>();
  const backoff = createBackoff(limits, now);
  const closing = new AbortController();

  const remove = (entry: Entry): void => {
    entries.delete(entry);
    if (current.get(entry.key) === entry) current.delete(entry.key);
  };

  const retire = (entry: Entry, reason: SelvedgeError): void => {
    entry.isRetired = true;
    if (current.get(entry.key) === entry) current.delete(entry.key);
    if (entry.users === 0) void entry.process?.stop(reason);
  };

  const makeRoom = (): void => {
    if (entries.size < limits.maxProcesses) return;
    const idle = [...entries].filter((entry) => entry.users === 0 && entry.process !== undefined && !entry.isRetired);
    const oldest = idle.sort((a, b) => a.lastUsed - b.lastUsed)[0];
    if (oldest === undefined) throw new SelvedgeError('OVERLOADED', 'every place for a chaincode process is busy', { role: 'compute', details: { maxProcesses: limits.maxProcesses } });
    remove(oldest);
    retire(oldest, new SelvedgeError('OVERLOADED', 'the chaincode process made room for another', { role: 'compute' }));
  };

  const watchStart = async (entry: Entry): Promise<void> => {
    try {
      entry.process = await entry.started;
    } catch (error) {
      remove(entry);
      // A package that is missing or wrong is no fault of the process: it can be mended at any time.
      if (isSelvedgeError(error, 'CHAINCODE_START_FAILED') || isSelvedgeError(error, 'CHAINCODE_PROTOCOL')) backoff.failed(entry.key, 'start');
      return;
    }
    await entry.process.ended;
    noteCrash(entry);
    remove(entry);
  };

  /** Counts an end that nobody asked for, once. */
  const noteCrash = (entry: Entry): void => {
    if (!entry.isRetired && !closing.signal.aborted) backoff.failed(entry.key, 'crash');
    entry.isRetired = true;
  };

  const open = (key: string, start: StartProcess): Entry => {
    const waitMs = backoff.waitMs(key);
    if (waitMs > 0) {
      const refusal = new SelvedgeError('CHAINCODE_START_FAILED', `the chaincode process failed repeatedly and starts again in ${String(waitMs)} ms`, { role: 'compute', details: { waitMs } });
      // One that starts and crashes under some transaction still serves the others, alone.
      throw backoff.lastKind(key) === 'crash' ? new SharedFate(refusal) : refusal;
    }
    makeRoom();
    const entry: Entry = { key, started: start(closing.signal), process: undefined, users: 0, lastUsed: now(), isRetired: false };
    current.set(key, entry);
    entries.add(entry);
    void watchStart(entry);
    return entry;
  };

  const find = (key: string, start: StartProcess): Entry => {
    if (closing.signal.aborted) throw draining();
    const entry = current.get(key);
    if (entry === undefined) return open(key, start);
    if (entry.process === undefined || entry.process.isUsable) return entry;
    if (entry.process.isOver) noteCrash(entry);
    retire(entry, new SelvedgeError('CHAINCODE_CRASHED', 'the chaincode process was replaced', { role: 'compute' }));
    return open(key, start);
  };

  return {
    use: async (key, start, signal, task) => {
      const entry = find(key, start);
      entry.users += 1;
      try {
        const result = await task(await unlessAborted(entry.started, signal, givenUp));
        backoff.succeeded(key);
        return result;
      } finally {
        entry.users -= 1;
        entry.lastUsed = now();
        if (entry.isRetired && entry.users === 0) void entry.process?.stop(draining());
      }
    },
    forgive: (key) => {
      backoff.succeeded(key);
    },
    retire: (matches) => {
      for (const entry of [...current.values()]) if (matches(entry.key)) retire(entry, new SelvedgeError('DRAINING', 'the contract was upgraded', { role: 'compute' }));
    },
    get processes() {
      return [...entries].flatMap((entry) => entry.process ?? []);
    },
    close: async () => {
      closing.abort();
      await Promise.allSettled([...entries].map(async (entry) => (await entry.started).stop(draining())));
    },
  };
}

const givenUp = (): SelvedgeError => new SelvedgeError('CANCELLED', 'the caller gave up', { role: 'compute' });

const draining = (): SelvedgeError => new SelvedgeError('DRAINING', 'the compute node is stopping', { role: 'compute' });
