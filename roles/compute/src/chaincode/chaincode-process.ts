import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StartCommand } from '@selvedge/contract-package';
import { SelvedgeError } from '@selvedge/errors';
import type { Confiner } from './confinement.js';
import { openReception, type Connection, type Reception } from './connection.js';
import { launch, type ExitInfo, type LaunchedProgram } from './launcher.js';
import type { ChaincodeLimits } from './limits.js';
import { createOutputReader } from './output-tail.js';
import { createSession, type Session } from './session.js';
import { watchProcess, type Watch } from './watch.js';

/** sun_path holds 108 bytes on Linux, 104 on macOS, with the closing zero. */
const MAX_SOCKET_PATH_BYTES = 103;
/** The launcher's shell and its watchdog. */
const LAUNCHER_PROCESSES = 2;
/** How long a process's end may follow that of its stream, which it then explains. */
const EXIT_GRACE_MS = 200;

export interface ProcessOptions {
  /** Directory for the process's own temporary directory; its path must be short. */
  readonly runDirectory: string;
  /** The verified package tree. */
  readonly treeDirectory: string;
  readonly start: StartCommand;
  /** Name under which it must register. */
  readonly chaincodeId: string;
  /** What `stub.getMspID()` shows. */
  readonly mspId: string;
  /** Seed of randomness outside of transactions, hex. */
  readonly idleSeed: string;
  readonly limits: ChaincodeLimits;
  readonly confiner: Confiner;
  /** Receives what the process prints; it may hold plaintext. */
  readonly onOutput?: ((chunk: Buffer) => void) | undefined;
  /** Monotonic clock, milliseconds. */
  readonly now: () => number;
  /** Gives up the start. */
  readonly signal: AbortSignal;
}

/** One chaincode process that has registered. */
export interface ChaincodeProcess {
  readonly pid: number | undefined;
  readonly session: Session;
  /** False once the process is to take no more work: it has ended, or holds too many abandoned invocations. */
  readonly isUsable: boolean;
  /** Whether it has ended or is about to. */
  readonly isOver: boolean;
  /** Bytes that the process has printed; they are dropped. */
  readonly outputBytes: number;
  /** Resolves when the process is gone and its directory removed. */
  readonly ended: Promise<ExitInfo>;
  /** Kills the process; what is in flight fails with the error. */
  stop(error: SelvedgeError): Promise<void>;
}

/**
 * Starts a chaincode process in the sandbox and waits until it has registered.
 *
 * @throws SelvedgeError CHAINCODE_START_FAILED, CHAINCODE_PROTOCOL, CHAINCODE_OUTPUT_LIMIT and other limits, INVALID_CONFIGURATION (the run directory's path is too long)
 */
export async function startChaincodeProcess(options: ProcessOptions): Promise<ChaincodeProcess> {
  const directory = await mkdtemp(join(options.runDirectory, 'cc-'));
  const removeDirectory = (): Promise<void> => rm(directory, { recursive: true, force: true });
  const socketPath = join(directory, 's');
  let reception: Reception | undefined;
  try {
    if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES) {
      throw new SelvedgeError('INVALID_CONFIGURATION', `runDirectory's path is too long for a Unix socket: ${options.runDirectory}`, { role: 'compute' });
    }
    reception = await openReception(socketPath, options.limits);
    return await startAt(options, directory, socketPath, reception);
  } catch (error) {
    reception?.close();
    await removeDirectory();
    throw error;
  }
}

async function startAt(options: ProcessOptions, directory: string, socketPath: string, reception: Reception): Promise<ChaincodeProcess> {
  const { limits } = options;
  const confined = await options.confiner.prepare({ ...options, directory, socketPath });
  let outputBytes = 0;
  let session: Session | undefined;
  const reader = createOutputReader((transaction, refusal) => session?.refuse(transaction, refusal));
  const program = launch({
    command: confined.command,
    directory: confined.directory,
    environment: confined.environment,
    input: confined.input,
    onOutput: (chunk) => {
      outputBytes += chunk.length;
      reader.read(chunk);
      watch.output(chunk.length);
      options.onOutput?.(chunk);
    },
  });
  const explain = (info: ExitInfo, error: SelvedgeError): SelvedgeError => (isOutOfMemory(info, reader.saysOutOfMemory) ? outOfMemory(limits) : error);
  let onBreach: (error: SelvedgeError) => void = () => undefined;
  const breached = new Promise<never>((_resolve, reject) => {
    onBreach = reject;
  });
  breached.catch(() => undefined);
  const watch = watchProcess({ limits, pid: program.pid ?? 0, maxProcesses: confined.processes + LAUNCHER_PROCESSES, isIdle: () => session?.running === 0, now: options.now, onBreach: (error) => { onBreach(error); } });
  const ended = program.exited.then(async (info) => {
    watch.stop();
    reception.close();
    await rm(directory, { recursive: true, force: true });
    return info;
  });
  try {
    const connection = await Promise.race([register(options, reception, program, explain), breached]);
    const process = superviseProcess({ limits, program, connection, ended, watch, explain, outputBytes: () => outputBytes });
    session = process.session;
    onBreach = process.onBreach;
    return process;
  } catch (error) {
    program.kill();
    await ended;
    throw error;
  }
}

/** Whichever comes first: the registration, the end of the process, or the time limit. */
async function register(options: ProcessOptions, reception: Reception, program: LaunchedProgram, explain: (info: ExitInfo, error: SelvedgeError) => SelvedgeError): Promise<Connection> {
  const failure = new AbortController();
  // A timer of our own: AbortSignal.any holds its sources weakly, so a timeout signal can vanish before it fires.
  const timer = setTimeout(() => {
    failure.abort();
  }, options.limits.startTimeoutMs);
  const signal = AbortSignal.any([options.signal, failure.signal]);
  const exitedEarly = program.exited.then((info) => {
    failure.abort();
    throw explain(info, new SelvedgeError('CHAINCODE_START_FAILED', `the chaincode process ended while it started (${describeExit(info)})`, { role: 'compute' }));
  });
  exitedEarly.catch(() => undefined);
  try {
    return await Promise.race([reception.register(options.chaincodeId, signal), exitedEarly]);
  } finally {
    clearTimeout(timer);
  }
}

interface Supervision {
  readonly limits: ChaincodeLimits;
  readonly program: LaunchedProgram;
  readonly connection: Connection;
  readonly ended: Promise<ExitInfo>;
  readonly watch: Watch;
  /** The error of a process that ended by itself, or the limit that made it end. */
  readonly explain: (info: ExitInfo, error: SelvedgeError) => SelvedgeError;
  readonly outputBytes: () => number;
}

function superviseProcess({ limits, program, connection, ended, watch, explain, outputBytes }: Supervision): ChaincodeProcess & { readonly onBreach: (error: SelvedgeError) => void } {
  let isOver = false;
  let isProbing = false;
  let messages = 0;
  const finish = (error: SelvedgeError): void => {
    if (isOver) return;
    isOver = true;
    watch.stop();
    session.end(error);
    connection.close();
    program.kill();
  };
  /** A process that only computes, and says nothing, serves nobody any more. */
  const probe = async (): Promise<void> => {
    if (isProbing || isOver) return;
    isProbing = true;
    const before = messages;
    const mark = await watch.mark();
    await new Promise((resolve) => setTimeout(resolve, limits.probeTimeoutMs));
    const isBusy = await watch.isBusySince(mark);
    isProbing = false;
    if (isBusy && messages === before) finish(crashed('the chaincode process stopped answering and was ended'));
  };
  const session = createSession({ limits, send: (message) => { connection.send(message); }, onBreach: finish, onGivenUp: () => void probe(), onProgress: () => { watch.progress(); } });
  void program.exited.then((info) => {
    finish(explain(info, crashed(`the chaincode process ended (${describeExit(info)})`)));
  });
  connection.listen((message) => {
    messages += 1;
    session.receive(message);
  }, (error) => {
    // The process's end explains more than the stream's, and follows at once when it is the reason.
    const silence = error.code === 'CHAINCODE_CRASHED' ? watch.explainSilence() : undefined;
    const timer = setTimeout(() => { finish(silence ?? error); }, error.code === 'CHAINCODE_CRASHED' ? EXIT_GRACE_MS : 0);
    void ended.then(() => { clearTimeout(timer); });
  });
  return {
    pid: program.pid,
    session,
    onBreach: finish,
    get isUsable() {
      return !isOver && session.abandoned < limits.maxAbandoned;
    },
    get isOver() {
      return isOver;
    },
    get outputBytes() {
      return outputBytes();
    },
    ended,
    stop: async (error) => {
      finish(error);
      await ended;
    },
  };
}

const crashed = (message: string): SelvedgeError => new SelvedgeError('CHAINCODE_CRASHED', message, { role: 'compute' });

/** V8 aborts; Go, the JVM and the kernel's refusals end in ways of their own, after saying so. */
const isOutOfMemory = (info: ExitInfo, saysSo: boolean): boolean => saysSo && info.exitCode !== 0;

const outOfMemory = (limits: ChaincodeLimits): SelvedgeError =>
  new SelvedgeError('CHAINCODE_MEMORY_LIMIT', `the chaincode process ran out of memory (maxMemoryMiB ${String(limits.maxMemoryMiB)}, maxHeapMiB ${String(limits.maxHeapMiB)})`, { role: 'compute', details: { limit: 'maxMemoryMiB', maximum: limits.maxMemoryMiB } });

const describeExit = (info: ExitInfo): string => (info.signal === undefined ? `exit code ${String(info.exitCode ?? 'unknown')}` : `signal ${info.signal}`);
