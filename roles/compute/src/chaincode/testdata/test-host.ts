import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPackage } from '@selvedge/contract-package';
import { createDevCa, serializeIdentity } from '@selvedge/identity';
import type { ChaincodeResult, Invocation, StateCalls } from '../../ports.js';
import { createChaincodeHost, type ChaincodeHostOptions, type ProcessChaincodeHost } from '../host.js';
import { createMemoryState, type MemoryState } from './memory-state.js';

/** Directory of the chaincode that misbehaves on request. */
export const BEHAVIOURS = join(import.meta.dirname, 'chaincode');

export interface TestCall extends Partial<Omit<Invocation, 'args' | 'creator'>> {
  /** Runs with the state of a test's own making. */
  readonly calls?: StateCalls;
  readonly signal?: AbortSignal;
}

/** A chaincode host with one installed package and a state in memory. */
export interface TestHost {
  readonly host: ProcessChaincodeHost;
  readonly directory: string;
  readonly codeHash: Uint8Array;
  readonly state: MemoryState;
  /** Invokes as a member of an organisation and commits what a successful run wrote. */
  run(args: readonly (string | Uint8Array)[], call?: TestCall): Promise<ChaincodeResult>;
  /** The payload of a successful run as text; throws when the chaincode refused. */
  text(args: readonly (string | Uint8Array)[], call?: TestCall): Promise<string>;
  close(): Promise<void>;
}

/** A package store with one package, which several hosts may share. */
export interface TestStore {
  readonly store: string;
  readonly codeHash: Uint8Array;
  remove(): Promise<void>;
}

/** Installs a package into a fresh store. */
export async function createTestStore(packageDirectory: string): Promise<TestStore> {
  const store = await mkdtemp(join(tmpdir(), 'sv-store-'));
  const { codeHash } = await installPackage(packageDirectory, store);
  return { store, codeHash, remove: () => rm(store, { recursive: true, force: true }) };
}

/** Opens a host on a store. */
export async function openTestHost({ store, codeHash }: TestStore, options: Partial<ChaincodeHostOptions> = {}): Promise<TestHost> {
  const directory = await mkdtemp(join(tmpdir(), 'sv-test-'));
  const host = await createChaincodeHost({ packageStore: store, runDirectory: join(directory, 'run'), ...options });
  const state = createMemoryState();
  const creatorOf = createCreators();

  const run: TestHost['run'] = async (args, call = {}) => {
    const { calls, signal = new AbortController().signal, creatorMspId = 'AuroraMSP', ...rest } = call;
    let begun = state.begin();
    const creator = await creatorOf(creatorMspId);
    const nonce = rest.nonce ?? randomBytes(24);
    const invocation: Invocation = {
      channel: 'trade',
      contract: 'behaviours',
      codeHash,
      txId: createHash('sha256').update(nonce).update(creator).digest('hex'),
      transient: new Map(),
      timestamp: { seconds: 1_700_000_000n, nanos: 7 },
      seed: createHash('sha256').update(nonce).digest(),
      idleSeed: new Uint8Array(32),
      deadlineMs: 20_000,
      ...rest,
      nonce,
      creator,
      creatorMspId,
      args: args.map((arg) => (typeof arg === 'string' ? Buffer.from(arg) : arg)),
    };
    const result = await host.invoke(invocation, () => calls ?? (begun = state.begin()).calls, signal);
    if (result.status < 400) begun.commit();
    return result;
  };
  return {
    host, directory, codeHash, state, run,
    text: async (args, call) => {
      const result = await run(args, call);
      if (result.status >= 400) throw new Error(result.message);
      return Buffer.from(result.payload).toString();
    },
    close: async () => {
      await host.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** SerializedIdentity bytes of one client per organisation, whose certificate has the attribute colour=blue. */
function createCreators(): (mspId: string) => Promise<Uint8Array> {
  const creators = new Map<string, Promise<Uint8Array>>();
  const issue = async (mspId: string): Promise<Uint8Array> => {
    const ca = await createDevCa(mspId);
    const { certificatePem } = await ca.issue({ commonName: 'user1', role: 'client', attributes: { colour: 'blue' } });
    return serializeIdentity(mspId, certificatePem);
  };
  return (mspId) => {
    const creator = creators.get(mspId) ?? issue(mspId);
    creators.set(mspId, creator);
    return creator;
  };
}

/** Pids, as this process sees them, of the chaincode programs that run for an organisation. */
export async function processesOf(mspId: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const isOfMsp = async (pid: string): Promise<boolean> => {
    const read = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '');
    const [environment, program] = [await read('environ'), await readlink(`/proc/${pid}/exe`).catch(() => '')];
    return environment.split('\0').includes(`CORE_PEER_LOCALMSPID=${mspId}`) && program.endsWith('/node');
  };
  const found: number[] = [];
  for (const pid of pids) if (await isOfMsp(pid)) found.push(Number(pid));
  return found;
}

/** Whether a process exists (a zombie counts as gone). */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const status = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '');
  return !status.includes(') Z ');
}
