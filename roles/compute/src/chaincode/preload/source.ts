import { rememberCreators } from './known-creators.js';
import { observeModules } from './observed-modules.js';
import { pinClock } from './pinned-clock.js';
import { explainRefusals } from './refusals.js';
import { seedRandom } from './seeded-random.js';
import { enterTransactions } from './shim-transactions.js';
import { skipUnprintedLines } from './unprinted-lines.js';

/** Names of the decorations that carry seed and time of a transaction; the shims show neither to Node chaincode. */
export const DECORATIONS = { seed: 'selvedge.seed', time: 'selvedge.time' } as const;

/** Begins a line of a chaincode's output that reports a refusal: this, the kind, then channel and txId as JSON. */
export const REFUSAL_MARK = '\u0000selvedge-refused ';

/** Where Node chaincode is told that its peer is; the preload leads it to the node's socket instead. */
export const PRELOAD_PEER = { host: '127.0.0.1', port: 7052 } as const;

/** What clocks show while modules load: 2000-01-01T00:00:00Z. */
const IDLE_TIME_MS = 946_684_800_000;

/**
 * The CommonJS module that Node loads before a chaincode (`--require`). It makes unmodified code as deterministic as it
 * can be (DESIGN 6): clock and randomness per transaction, though one process serves many at once.
 */
export function preloadSource(socketPath: string): string {
  const settings = JSON.stringify({ socketPath, mark: REFUSAL_MARK, peer: PRELOAD_PEER, idleTimeMs: IDLE_TIME_MS, decorations: DECORATIONS });
  return `'use strict';
const settings = ${settings};
const { AsyncLocalStorage } = require('node:async_hooks');
const { createCipheriv } = require('node:crypto');
const { readFileSync, writeSync } = require('node:fs');
const storage = new AsyncLocalStorage();
// The key stream of AES-256 in counter mode (NIST SP 800-38A), under a key that is used for nothing else.
const createRandom = (seed) => {
  let cipher;
  return (lengthBytes) => (cipher ??= createCipheriv('aes-256-ctr', seed, Buffer.alloc(16))).update(Buffer.alloc(lengthBytes));
};
// On standard input: an environment can be read from outside for as long as the process runs.
const idleRandom = createRandom(Buffer.from(readFileSync(0, 'latin1'), 'hex'));
const context = {
  require,
  onLoad: (${observeModules.toString()})(require),
  current: () => storage.getStore(),
  run: (transaction, task) => storage.run(transaction, task),
  idleTimeMs: settings.idleTimeMs,
  idleRandom,
  createRandom,
  report: (kind) => {
    const transaction = storage.getStore();
    if (transaction === undefined) return;
    try {
      writeSync(2, '\\n' + settings.mark + kind + ' ' + JSON.stringify([transaction.channel, transaction.txId]) + '\\n');
    } catch {
      // A full pipe: the refusal stands without its name.
    }
  },
  peer: { ...settings.peer, socketPath: settings.socketPath },
};
(${pinClock.toString()})(context);
(${seedRandom.toString()})(context);
(${explainRefusals.toString()})(context);
(${enterTransactions.toString()})(context, settings.decorations);
(${skipUnprintedLines.toString()})(context);
(${rememberCreators.toString()})(context);
require('node:module').syncBuiltinESMExports();
`;
}
