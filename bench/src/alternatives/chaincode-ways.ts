import { createHash, randomBytes } from 'node:crypto';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createChaincodeHost, type ChaincodeResult, type Invocation, type StateCalls } from '@selvedge/compute';
import { installPackage } from '@selvedge/contract-package';
import { createDevCa, serializeIdentity } from '@selvedge/identity';
import { changeOf } from '../values.js';
import { loadInProcess } from './in-process.js';
import { createValueState } from './value-state.js';
import { verifyResult, type Choice, type Choices, type Way } from './ways.js';

const MSP = 'AuroraMSP';
const KEY = 'value';
/** Nothing that is measured draws by chance. */
const SEED = new Uint8Array(32);
const AT_ONCE = 32;
const WAIT_MS = 20;
/** Two for each of four processes: more would only queue, and end in lumps that a slice cuts. */
const WAITING_AT_ONCE = 8;

/** One function of the benchmark's contract. */
interface Work {
  readonly atOnce: number;
  readonly args: readonly string[];
  readonly transient?: ReadonlyMap<string, Uint8Array>;
  /** What it answers. */
  readonly answer: Uint8Array;
  /** What it writes. */
  readonly written: Uint8Array;
}

type Run = (invocation: Invocation, state: StateCalls) => Promise<ChaincodeResult>;

/**
 * The ways to run a contract: in a process of its own, as a compute node does; in several of them; in the node's process.
 *
 * @param directory empty; packages and processes lie below it
 */
export async function openChaincodeWays(packageDirectory: string, directory: string, valueBytes: number): Promise<Choices> {
  const store = path.join(directory, 'packages');
  const { codeHash } = await installPackage(packageDirectory, store);
  const host = await createChaincodeHost({ packageStore: store, runDirectory: path.join(directory, 'run') });
  const creator = await createCreator();
  const inProcesses = (count: number): Run => {
    const seeds = Array.from({ length: count }, () => new Uint8Array(randomBytes(32)));
    let next = 0;
    return (invocation, state) => {
      next = (next + 1) % count;
      // The node has a process for each seed of what is drawn outside of transactions.
      return host.invoke({ ...invocation, idleSeed: seeds[next] ?? SEED }, () => state, new AbortController().signal);
    };
  };
  const runHere = loadInProcess(packageDirectory);
  const here: Run = async (invocation, state) => {
    const result = await runHere(invocation, state);
    // Nothing in it leaves the queue of promises, and timers are not to starve.
    await nextTurn();
    return result;
  };
  const change = changeOf(valueBytes);
  const { memo } = JSON.parse(change) as { readonly memo: string };
  const before = Buffer.from(JSON.stringify({ total: 1, updates: 1, memo }));
  const after = Buffer.from(JSON.stringify({ total: 2, updates: 2, memo }));
  const values = new Map([[KEY, before]]);
  const nothing = new Uint8Array(0);

  const wayOf = (name: string, run: Run, { atOnce, args, transient = new Map(), answer, written }: Work): Way => ({
    name,
    atOnce,
    size: 1,
    async call() {
      let wrote: Uint8Array = nothing;
      const nonce = new Uint8Array(randomBytes(24));
      const result = await run(
        {
          channel: 'bench', contract: 'bench-contract', codeHash, creator, creatorMspId: MSP, nonce, transient,
          txId: createHash('sha256').update(nonce).update(creator).digest('hex'),
          args: args.map((arg) => Buffer.from(arg)),
          timestamp: { seconds: 1_700_000_000n, nanos: 0 },
          seed: SEED, idleSeed: SEED, deadlineMs: 20_000,
        },
        createValueState(values, (value) => {
          wrote = value;
        }),
      );
      if (result.status >= 400) throw new Error(`${name}: ${result.message}`);
      verifyResult(name, result.payload, answer);
      verifyResult(name, wrote, written);
    },
  });
  const choiceOf = (what: string, runs: Readonly<Record<string, Run>>, work: Work): Choice => ({ what, ways: Object.entries(runs).map(([name, run]) => wayOf(name, run, work)) });
  const one = inProcesses(1);
  const runs = { 'a process of its own': one, 'two processes': inProcesses(2), "in the node's process": here };
  return {
    choices: [
      choiceOf('a query', runs, { atOnce: AT_ONCE, args: ['Read', KEY], answer: before, written: nothing }),
      choiceOf('an update', runs, { atOnce: AT_ONCE, args: ['Update', KEY], transient: new Map([['value', Buffer.from(change)]]), answer: Buffer.from('2'), written: after }),
      choiceOf(`a function that holds its process for ${String(WAIT_MS)} ms`, { 'a process of its own': one, 'two processes': inProcesses(2), 'four processes': inProcesses(4) }, { atOnce: WAITING_AT_ONCE, args: ['Wait', String(WAIT_MS)], answer: Buffer.from(String(WAIT_MS)), written: nothing }),
    ],
    close: () => host.close(),
  };
}

async function createCreator(): Promise<Uint8Array> {
  const ca = await createDevCa(MSP);
  const { certificatePem } = await ca.issue({ commonName: 'user1', role: 'client' });
  return serializeIdentity(MSP, certificatePem);
}
