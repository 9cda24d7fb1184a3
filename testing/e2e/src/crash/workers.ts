import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readJournal } from './journal.js';

const WORKER = fileURLToPath(new URL('../../dist/src/crash/client-worker.js', import.meta.url));

/** A client process that changes one stone's price, can be killed and goes on where it was. */
export interface Worker {
  readonly journal: string;
  start(): void;
  kill(): Promise<void>;
}

export function createWorker(directory: string, mspId: string, stoneId: string): Worker {
  const journal = path.join(directory, `${stoneId}.journal`);
  let child: ChildProcess | undefined;
  return {
    journal,
    start() {
      const next = readJournal(journal).lastTried + 1;
      const user = path.join(directory, 'organisations', mspId, 'users/User1');
      child = spawn(process.execPath, [WORKER, path.join(directory, 'network.json'), mspId, user, stoneId, journal, String(next)], { stdio: 'ignore' });
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
