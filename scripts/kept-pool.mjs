// Workers for vitest that stay for the next test file: node_modules are loaded, and sources read, once. vitest evaluates
// every source anew for each file all the same, as in a process of its own.
import { ForksPoolWorker } from 'vitest/node';

/** Test files that one process runs: what they leave behind, as listeners and memory, is bounded. */
const MAX_FILES = 40;
const EVENTS = ['message', 'error', 'exit'];

export function createKeptPool() {
  /** Processes that wait for work, and how many files each has run. */
  const idle = [];

  const take = () => {
    let kept;
    do kept = idle.pop();
    while (kept !== undefined && !kept.process.connected);
    return kept;
  };
  /** Whether vitest's own process waits for this one. */
  const setAwaited = ({ process }, isAwaited) => {
    for (const handle of [process, process.channel, process.stdout, process.stderr]) handle?.[isAwaited ? 'ref' : 'unref']?.();
  };
  const end = () => {
    for (const { process } of idle.splice(0)) process.kill('SIGKILL');
  };
  process.on('exit', end);

  class KeptWorker extends ForksPoolWorker {
    name = 'kept';
    #kept;

    async start() {
      this.#kept = take();
      if (this.#kept !== undefined) {
        setAwaited(this.#kept, true);
        this._fork = this.#kept.process;
      }
      await super.start();
      this.#kept ??= { process: this._fork, files: 0 };
      this.#kept.files += 1;
    }

    // vitest starts and stops a worker for every file; of these only the first start and the last stop reach the process.
    send(message) {
      if (message.type === 'start' && this.#kept.files > 1) this.#answer('started');
      else if (message.type === 'stop' && this.#isStaying()) this.#answer('stopped');
      else super.send(message);
    }

    async stop() {
      if (!this.#isStaying()) {
        await super.stop();
        return;
      }
      const { process } = this.#kept;
      for (const event of EVENTS) process.removeAllListeners(event);
      process.stdout?.unpipe(this.stdout);
      process.stderr?.unpipe(this.stderr);
      this._fork = undefined;
      setAwaited(this.#kept, false);
      idle.push(this.#kept);
    }

    #isStaying() {
      return this.#kept.files < MAX_FILES && this.#kept.process.connected;
    }

    #answer(type) {
      const { process } = this.#kept;
      setImmediate(() => process.emit('message', { type, __vitest_worker_response__: true }));
    }
  }
  return { pool: { name: 'kept', createPoolWorker: (options) => new KeptWorker(options) }, end };
}
