import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDeclaredIndexes } from '@selvedge/contract-package';
import { toHex } from '@selvedge/crypto';
import type { DeclaredIndexes } from '@selvedge/rich-query';
import type { ChaincodeHost, Invocation } from '../ports.js';
import { startChaincodeProcess, type ChaincodeProcess } from './chaincode-process.js';
import { createCodeStore } from './code-store.js';
import { CHAINCODE_LIMITS, type ChaincodeLimits } from './limits.js';
import { createProcessPool } from './pool.js';

export interface ChaincodeHostOptions {
  /** Directory of packages by code hash; not trusted. */
  readonly packageStore: string;
  /** Directory of this node alone; what it holds is removed. */
  readonly runDirectory: string;
  readonly limits?: Partial<ChaincodeLimits>;
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
  const pool = createProcessPool({ limits, now: options.now ?? (() => performance.now()) });

  const start = async (invocation: Invocation, signal: AbortSignal): Promise<ChaincodeProcess> => {
    const tree = await code.verified(invocation.codeHash);
    return startChaincodeProcess({
      runDirectory: processDirectory,
      treeDirectory: tree.directory,
      program: tree.start.program,
      chaincodeId: `${invocation.contract}:${toHex(invocation.codeHash)}`,
      mspId: invocation.creatorMspId,
      limits,
      onOutput: options.developmentOutput,
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

  return {
    invoke: (invocation, state, signal) =>
      pool.use(
        processKey(invocation),
        (closing) => start(invocation, closing),
        signal,
        (process) => process.session.invoke(invocation, state, signal),
      ),
    prepare: async (_contract, codeHash) => {
      await code.verified(codeHash);
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

/** No two contracts, versions or organisations share a process: `stub.getMspID()` is the process's, and so are globals. */
const processKey = (invocation: Invocation): string => JSON.stringify([invocation.contract, toHex(invocation.codeHash), invocation.creatorMspId]);

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
