import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDeclaredIndexes } from '@selvedge/contract-package';
import { sha256, toHex } from '@selvedge/crypto';
import type { DeclaredIndexes } from '@selvedge/rich-query';
import type { ChaincodeHost, Invocation, StateCalls } from '../ports.js';
import { probeSandbox, type SandboxPlatform } from '../sandbox/index.js';
import { createCaller, type Caller } from './calls.js';
import { startChaincodeProcess, type ChaincodeProcess } from './chaincode-process.js';
import { createCodeStore } from './code-store.js';
import { createConfiner } from './confinement.js';
import { createLanes, type Lanes } from './lanes.js';
import { CHAINCODE_LIMITS, type ChaincodeLimits } from './limits.js';
import { createProcessPool } from './pool.js';
import type { CompletedRun } from './run.js';
import { SharedFate } from './shared-fate.js';

export interface ChaincodeHostOptions {
  /** Directory of packages by code hash; not trusted. */
  readonly packageStore: string;
  /** Directory of this node alone; what it holds is removed. */
  readonly runDirectory: string;
  readonly limits?: Partial<ChaincodeLimits>;
  /** What this platform can confine with; probed when absent. */
  readonly platform?: SandboxPlatform;
  /** Receives what chaincodes print, which may be plaintext: for the development of chaincodes only. */
  readonly developmentOutput?: (chunk: Buffer) => void;
  /** Monotonic clock, milliseconds. */
  readonly now?: () => number;
}

/** Counts for metrics; nothing in them comes from a request. */
export interface ChaincodeHostStatus {
  readonly processes: number;
  readonly running: number;
  readonly abandoned: number;
  readonly outputBytes: number;
}

/** A chaincode host that runs each (contract, code, creator's organisation) in a process of its own. */
export interface ProcessChaincodeHost extends ChaincodeHost {
  status(): ChaincodeHostStatus;
}

/** Runs a contract in some process of its own. */
type RunContract = (invocation: Invocation, state: StateCalls, signal: AbortSignal, caller: Caller) => Promise<CompletedRun>;

/** Leaves room for the socket’s own folder and name below the longest path that a Unix socket may have. */
const MAX_SHORT_PATH_BYTES = 90;

/** Opens the chaincode host. What an earlier run left in the run directory is removed first. */
export async function createChaincodeHost(options: ChaincodeHostOptions): Promise<ProcessChaincodeHost> {
  const limits: ChaincodeLimits = { ...CHAINCODE_LIMITS, ...options.limits };
  const codeDirectory = join(options.runDirectory, 'code');
  const processDirectory = await prepareProcessDirectory(options.runDirectory);
  await rm(codeDirectory, { recursive: true, force: true });
  await mkdir(codeDirectory, { recursive: true, mode: 0o700 });
  const code = createCodeStore(options.packageStore, codeDirectory);
  const now = options.now ?? (() => performance.now());
  const pool = createProcessPool({ limits, now });
  const confiner = createConfiner(options.platform ?? (await probeSandbox()), processDirectory, limits);
  const lanesByKey = new Map<string, Lanes>();

  const start = async (invocation: Invocation, signal: AbortSignal): Promise<ChaincodeProcess> => {
    const tree = await code.verified(invocation.codeHash);
    return startChaincodeProcess({
      runDirectory: processDirectory,
      treeDirectory: tree.directory,
      start: tree.start,
      chaincodeId: `${invocation.contract}:${toHex(invocation.codeHash)}`,
      mspId: invocation.creatorMspId,
      idleSeed: toHex(invocation.idleSeed),
      limits,
      confiner,
      onOutput: options.developmentOutput,
      now,
      signal,
    });
  };

  const indexes = new Map<string, Promise<DeclaredIndexes>>();
  const declaredIndexes = (codeHash: Uint8Array): Promise<DeclaredIndexes> => {
    const id = toHex(codeHash);
    const known = indexes.get(id) ?? code.verified(codeHash).then(({ directory }) => readDeclaredIndexes(directory));
    indexes.set(id, known);
    // The next query reads again: the store may have been mended.
    known.catch(() => indexes.delete(id));
    return known;
  };

  const runIn = (key: string, ...[invocation, state, signal, caller]: Parameters<RunContract>): Promise<CompletedRun> =>
    pool.use(key, (closing) => start(invocation, closing), signal, (process) => process.session.invoke(invocation, state, signal, caller));

  const runShared: RunContract = (invocation, ...run) => runIn(processKey(invocation), invocation, ...run);

  /** A process that serves one invocation at a time, so that its end is the fault of that one. */
  const runAlone: RunContract = (invocation, state, signal, caller) => {
    const key = processKey(invocation);
    const lanes = lanesByKey.get(key) ?? createLanes(limits.maxLanes);
    lanesByKey.set(key, lanes);
    return lanes.run(signal, (lane) => {
      const laneKey = `${key} ${String(lane)}`;
      pool.forgive(laneKey);
      return runIn(laneKey, invocation, state, signal, caller);
    });
  };

  /** One try of a transaction: what it calls runs as it does itself. */
  const attempt = (run: RunContract, invocation: Invocation, begin: () => StateCalls, signal: AbortSignal): Promise<CompletedRun> => {
    const state = begin();
    return run(invocation, state, signal, createCaller(invocation, state, limits, async (...called) => (await run(...called)).completion));
  };

  const runTransaction = async (invocation: Invocation, begin: () => StateCalls, signal: AbortSignal): Promise<CompletedRun> => {
    for (let tries = 0; ; tries += 1) {
      try {
        return await attempt(tries === 0 ? runShared : runAlone, invocation, begin, signal);
      } catch (error) {
        if (!(error instanceof SharedFate)) throw error;
        // An earlier invocation of the lane was given up on and took the process with it.
        if (tries === MAX_LANE_ATTEMPTS) throw error.refusal;
      }
    }
  };

  return {
    invoke: async (invocation, begin, signal) => {
      const { status, message, payload, event } = await runTransaction(invocation, begin, signal);
      return { status, message, payload, ...(event === undefined ? {} : { event }) };
    },
    prepare: async (contract, codeHash) => {
      await code.verified(codeHash);
      // The ledger has one version of a contract at a time; invocations of the last one come to their end.
      pool.retire((key) => isOtherVersion(key, contract, codeHash));
    },
    declaredIndexes,
    status: () => ({
      processes: pool.processes.length,
      running: sum(pool.processes, (process) => process.session.running),
      abandoned: sum(pool.processes, (process) => process.session.abandoned),
      outputBytes: sum(pool.processes, (process) => process.outputBytes),
    }),
    close: async () => {
      await pool.close();
      await rm(codeDirectory, { recursive: true, force: true });
      await rm(processDirectory, { recursive: true, force: true });
    },
  };
}

/** A lane is shared over time: what an earlier invocation left behind may end it under the next, but not for ever. */
const MAX_LANE_ATTEMPTS = 3;

/** No two contracts, versions or organisations share a process: `stub.getMspID()` is the process's, and so are globals, whose randomness comes from one key epoch. */
const processKey = (invocation: Invocation): string => JSON.stringify([invocation.contract, toHex(invocation.codeHash), invocation.creatorMspId, toHex(sha256(invocation.idleSeed))]);

/** Whether a process key, or that of a lane of it, is of the contract and of other code than this. */
function isOtherVersion(key: string, contract: string, codeHash: Uint8Array): boolean {
  const [ofContract, ofCode] = JSON.parse(key.slice(0, key.lastIndexOf(']') + 1)) as string[];
  return ofContract === contract && ofCode !== toHex(codeHash);
}

/** Unix socket paths are short, so a deep run directory cannot hold the sockets. */
async function prepareProcessDirectory(runDirectory: string): Promise<string> {
  const directory = join(runDirectory, 'p');
  await rm(directory, { recursive: true, force: true });
  if (Buffer.byteLength(directory) > MAX_SHORT_PATH_BYTES) return mkdtemp(join(tmpdir(), 'sv-'));
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return directory;
}

function sum(processes: readonly ChaincodeProcess[], value: (process: ChaincodeProcess) => number): number {
  return processes.reduce((total, process) => total + value(process), 0);
}
