import { SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { readUsage, type ProcessUsage } from '../sandbox/index.js';
import type { ChaincodeLimits } from './limits.js';

/** Memory that a process may hold for a moment above its limit, since pages that processes share count for each. */
const MEMORY_SLACK = 1.1;
const REFILL_MS = 10_000;
/** Looks at an idle process are this many times rarer: each costs some dozen reads of /proc. */
const IDLE_TICKS = 8;

export interface WatchOptions {
  readonly limits: ChaincodeLimits;
  /** The launched process, whose descendants are counted with it. */
  readonly pid: number;
  /** How many of them there are while the chaincode has started none. */
  readonly maxProcesses: number;
  /** Whether the process has nothing to do now: then it is looked at more rarely. */
  readonly isIdle: () => boolean;
  /** Monotonic clock, milliseconds. */
  readonly now: () => number;
  /** Called once, with the limit that was passed. */
  readonly onBreach: (error: SelvedgeError) => void;
}

/** Watches what a chaincode process uses. */
export interface Watch {
  /** An invocation has finished, or starts where none ran: what was used so far was for something. */
  progress(): void;
  /** Notes printed bytes. */
  output(lengthBytes: number): void;
  /** The limit that a process has passed which does not answer its pings because it computes. */
  explainSilence(): SelvedgeError | undefined;
  /** Whether the process computed when the mark was taken and computes now; false where that cannot be told. */
  isBusySince(mark: UsageMark | undefined): Promise<boolean>;
  mark(): Promise<UsageMark | undefined>;
  stop(): void;
}

/** What a process does at one moment. */
export interface UsageMark {
  readonly cpuMs: number;
  readonly isComputing: boolean;
}

const exceeded = (code: RefusalCode, what: string, maximum: number): SelvedgeError =>
  new SelvedgeError(code, `the chaincode process passed ${what} (${String(maximum)})`, { role: 'compute', details: { limit: what, maximum } });

/** Starts watching. It reads /proc, so what a process uses between two looks shows at the next. */
export function watchProcess({ limits, pid, maxProcesses, isIdle, now, onBreach }: WatchOptions): Watch {
  // Until the first invocation, the time limit of the start holds instead.
  let hasWorked = false;
  let cpuAtProgress: number | undefined;
  let last: ProcessUsage | undefined;
  let isOver = false;
  let outputRoom = limits.maxOutputBytes;
  let outputAt = now();
  let isLooking = false;
  let ticks = 0;

  const breach = (code: RefusalCode, what: string, maximum: number): void => {
    if (isOver) return;
    stop();
    onBreach(exceeded(code, what, maximum));
  };

  const hasEnded = (): boolean => isOver;

  const judge = (usage: ProcessUsage): void => {
    last = usage;
    cpuAtProgress ??= usage.cpuMs;
    if (usage.residentBytes > limits.maxMemoryMiB * 1024 * 1024 * MEMORY_SLACK) breach('CHAINCODE_MEMORY_LIMIT', 'maxMemoryMiB', limits.maxMemoryMiB);
    if (usage.processes > maxProcesses) breach('CHAINCODE_PROCESS_REFUSED', 'the one process that it is', 1);
    if (hasWorked && usage.cpuMs - cpuAtProgress > limits.maxCpuMs) breach('CHAINCODE_CPU_LIMIT', 'maxCpuMs', limits.maxCpuMs);
  };

  const look = async (): Promise<void> => {
    ticks += 1;
    if (isLooking || hasEnded() || (isIdle() && ticks % IDLE_TICKS !== 0)) return;
    isLooking = true;
    const usage = await readUsage(pid);
    isLooking = false;
    if (usage !== undefined && !hasEnded()) judge(usage);
  };
  const timer = setInterval(() => void look(), limits.watchIntervalMs);
  timer.unref();

  const stop = (): void => {
    isOver = true;
    clearInterval(timer);
  };

  const mark = async (): Promise<UsageMark | undefined> => {
    const usage = await readUsage(pid);
    return usage === undefined ? undefined : { cpuMs: usage.cpuMs, isComputing: usage.isComputing };
  };

  return {
    progress: () => {
      hasWorked = true;
      cpuAtProgress = last?.cpuMs;
    },
    output: (lengthBytes) => {
      const at = now();
      outputRoom = Math.min(limits.maxOutputBytes, outputRoom + (limits.maxOutputBytes * (at - outputAt)) / REFILL_MS) - lengthBytes;
      outputAt = at;
      if (outputRoom < 0) breach('CHAINCODE_OUTPUT_LIMIT', 'maxOutputBytes', limits.maxOutputBytes);
    },
    explainSilence: () => (last?.isComputing === true ? exceeded('CHAINCODE_CPU_LIMIT', 'maxBlockedMs', limits.maxBlockedMs) : undefined),
    mark,
    isBusySince: async (earlier) => {
      const later = await mark();
      if (earlier === undefined || later === undefined) return false;
      // On a busy machine a process that only computes may get little of the processor.
      return earlier.isComputing && later.isComputing && later.cpuMs > earlier.cpuMs;
    },
    stop,
  };
}
