import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import { connectChaincode, type Connection } from './connection.js';
import { launch, type ExitInfo, type LaunchedProgram } from './launcher.js';
import type { ChaincodeLimits } from './limits.js';
import { createSession, type Session } from './session.js';

/** sun_path holds 108 bytes on Linux, 104 on macOS, with the closing zero. */
const MAX_SOCKET_PATH_BYTES = 103;

export interface ProcessOptions {
  /** Directory for the process's own temporary directory; its path must be short. */
  readonly runDirectory: string;
  /** The verified package tree. */
  readonly treeDirectory: string;
  /** The shim's program, relative to the tree. */
  readonly program: string;
  /** Name under which it must register. */
  readonly chaincodeId: string;
  /** What `stub.getMspID()` shows. */
  readonly mspId: string;
  readonly limits: ChaincodeLimits;
  /** Receives what the process prints; it may hold plaintext. */
  readonly onOutput?: ((chunk: Buffer) => void) | undefined;
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
 * Starts a chaincode process and waits until it has registered.
 *
 * @throws SelvedgeError CHAINCODE_START_FAILED, CHAINCODE_PROTOCOL, INVALID_CONFIGURATION (the run directory's path is too long)
 */
export async function startChaincodeProcess(options: ProcessOptions): Promise<ChaincodeProcess> {
  const directory = await mkdtemp(join(options.runDirectory, 'cc-'));
  const socketPath = join(directory, 's');
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES) {
    await rm(directory, { recursive: true, force: true });
    throw new SelvedgeError('INVALID_CONFIGURATION', `runDirectory's path is too long for a Unix socket: ${options.runDirectory}`, { role: 'compute' });
  }
  let outputBytes = 0;
  const program = await launchProgram(options, directory, socketPath, (chunk) => {
    outputBytes += chunk.length;
    options.onOutput?.(chunk);
  });
  const ended = program.exited.then(async (info) => {
    await rm(directory, { recursive: true, force: true });
    return info;
  });
  try {
    const connection = await register(options, socketPath, program);
    return superviseProcess(options.limits, program, connection, ended, () => outputBytes);
  } catch (error) {
    program.kill();
    await ended;
    throw error;
  }
}

async function launchProgram(options: ProcessOptions, directory: string, socketPath: string, onOutput: (chunk: Buffer) => void): Promise<LaunchedProgram> {
  const home = join(directory, 'home');
  await mkdir(home, { mode: 0o700 });
  return launch({
    command: [
      process.execPath,
      `--max-old-space-size=${String(options.limits.maxHeapMiB)}`,
      options.program,
      'server',
      `--chaincode-address=unix:${socketPath}`,
      `--chaincode-id=${options.chaincodeId}`,
    ],
    directory: options.treeDirectory,
    environment: {
      PATH: dirname(process.execPath),
      HOME: home,
      TMPDIR: home,
      LANG: 'C.UTF-8',
      TZ: 'UTC',
      NODE_ENV: 'production',
      CORE_PEER_LOCALMSPID: options.mspId,
      CORE_CHAINCODE_ID_NAME: options.chaincodeId,
      CORE_CHAINCODE_LOGGING_LEVEL: 'CRITICAL',
    },
    onOutput,
  });
}

/** Whichever comes first: the registration, the end of the process, or the time limit. */
async function register(options: ProcessOptions, socketPath: string, program: LaunchedProgram): Promise<Connection> {
  const failure = new AbortController();
  // A timer of our own: AbortSignal.any holds its sources weakly, so a timeout signal can vanish before it fires.
  const timer = setTimeout(() => {
    failure.abort();
  }, options.limits.startTimeoutMs);
  const signal = AbortSignal.any([options.signal, failure.signal]);
  const exitedEarly = program.exited.then((info) => {
    failure.abort();
    throw new SelvedgeError('CHAINCODE_START_FAILED', `the chaincode process ended while it started (${describeExit(info)})`, { role: 'compute' });
  });
  exitedEarly.catch(() => undefined);
  try {
    return await Promise.race([connectChaincode(socketPath, options.chaincodeId, options.limits.maxMessageBytes, signal), exitedEarly]);
  } finally {
    clearTimeout(timer);
  }
}

function superviseProcess(limits: ChaincodeLimits, program: LaunchedProgram, connection: Connection, ended: Promise<ExitInfo>, outputBytes: () => number): ChaincodeProcess {
  let isOver = false;
  let isProbing = false;
  const finish = (error: SelvedgeError): void => {
    isOver = true;
    session.end(error);
    connection.close();
    program.kill();
  };
  const probe = async (): Promise<void> => {
    if (isProbing || isOver) return;
    isProbing = true;
    const isAlive = await connection.probe(limits.probeTimeoutMs);
    isProbing = false;
    if (!isAlive) finish(crashed('the chaincode process stopped answering and was ended'));
  };
  const session = createSession({ limits, send: (message) => { connection.send(message); }, onBreach: finish, onGivenUp: () => void probe() });
  void program.exited.then((info) => {
    finish(crashed(`the chaincode process ended (${describeExit(info)})`));
  });
  connection.listen((message) => { session.receive(message); }, (error) => {
    // The process's end explains more than the stream's, and follows at once when it is the reason.
    const timer = setTimeout(() => { finish(error); }, error.code === 'CHAINCODE_CRASHED' ? 200 : 0);
    void ended.then(() => { clearTimeout(timer); });
  });
  return {
    pid: program.pid,
    session,
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

const describeExit = (info: ExitInfo): string => (info.signal === undefined ? `exit code ${String(info.exitCode ?? 'unknown')}` : `signal ${info.signal}`);
