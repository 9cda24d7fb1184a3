import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { journalOf, readJournal } from './journal.js';

const WORKER = fileURLToPath(new URL('../../dist/src/crash/client-worker.js', import.meta.url));

/** A client process that changes the prices of stones, can be killed and goes on where it was. */
export interface Worker {
  readonly mspId: string;
  readonly contract: string;
  /** Each stone's journal. */
  readonly journals: ReadonlyMap<string, string>;
  start(): void;
  kill(): Promise<void>;
}

/** @param stones several: their prices change in batches @param contract with a function SetPrice */
export function createWorker(directory: string, mspId: string, stones: readonly string[], contract = 'diamonds'): Worker {
  const networkFile = path.join(directory, 'network.json');
  const journals = new Map(stones.map((stone) => [stone, journalOf(networkFile, stone)]));
  let child: ChildProcess | undefined;
  return {
    mspId,
    contract,
    journals,
    start() {
      const next = Math.max(...[...journals.values()].map((journal) => readJournal(journal).lastTried)) + 1;
      const user = path.join(directory, 'organisations', mspId, 'users/User1');
      child = spawn(process.execPath, [WORKER, networkFile, mspId, user, contract, String(next), ...stones], { stdio: 'ignore' });
    },
    async kill() {
      const dying = child;
      child = undefined;
      if (dying?.exitCode !== null) return;
      const gone = new Promise((resolve) => dying.once('exit', resolve));
      dying.kill('SIGKILL');
      await gone;
    },
  };
}
