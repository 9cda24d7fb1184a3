import { hkdfSync, randomBytes, verify } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { deriveKey, lengthPrefixed } from '@selvedge/crypto';
import { signing } from '@selvedge/protocol';
import { createOpener, createSealedWork, type SealedWork } from '../sealed-work.js';
import type { ThreadRequest } from './crypto-thread.js';
import { verifyResult, type Choices, type Way } from './ways.js';

/** Of one message to a thread, or of one turn of the event loop. */
const AT_A_TIME = 32;
/** One message is worked on while the next is on its way. */
const MESSAGES = 2;
const LABEL = 'bench';
/** About as much as keys of packets are derived from. */
const CONTEXT_BYTES = 100;
const NO_SALT = new Uint8Array(0);

/** The ways to do the cryptography of requests that come in batches: on the thread of everything else, on Node's own pool of threads, on a thread that is fed with messages. */
export function openCryptoWays(valueBytes: number): Choices {
  const work = createSealedWork(valueBytes);
  const signed = signing.request(work.body);
  const open = createOpener(work);
  const thread = openThread(work);
  const round = (name: string, atOnce: number, call: () => Promise<void> | void): Way => ({
    name,
    atOnce,
    size: AT_A_TIME,
    async call() {
      try {
        await call();
      } finally {
        // Timers are not to starve, not even when all that is called fails.
        await nextTurn();
      }
    },
  });
  const secret = new Uint8Array(randomBytes(32));
  const derived = deriveKey(secret, LABEL, [work.body.subarray(0, CONTEXT_BYTES)]);
  const requests = Array.from({ length: AT_A_TIME }, () => work);
  return {
    choices: [
      {
        what: "a creator's signature",
        ways: [
          round("on the node's thread", 1, () => {
            for (const { creatorKey, signature } of requests) requireValid(verify('sha256', signed, creatorKey, signature));
          }),
          round("on Node's pool of threads", MESSAGES, async () => {
            await Promise.all(requests.map((request) => verifyInPool(request, signed)));
          }),
        ],
      },
      {
        what: 'a derived key',
        ways: [
          round('by HMAC, as RFC 5869 has it', 1, () => {
            for (const { body } of requests) verifyResult('by HMAC', deriveKey(secret, LABEL, [body.subarray(0, CONTEXT_BYTES)]), derived);
          }),
          round("by Node's hkdfSync", 1, () => {
            for (const { body } of requests) verifyResult('by hkdfSync', new Uint8Array(hkdfSync('sha256', secret, NO_SALT, lengthPrefixed([`selvedge/v1/${LABEL}`, body.subarray(0, CONTEXT_BYTES)]), 32)), derived);
          }),
        ],
      },
      {
        what: 'opening a request and checking its creator',
        ways: [
          round("on the node's thread", 1, () => {
            for (const { sealed, signature, body } of requests) verifyResult("on the node's thread", open(sealed, signature), body);
          }),
          round(`on another thread, ${String(AT_A_TIME)} a message`, MESSAGES, async () => {
            const opened = await thread.open(requests);
            for (const body of opened) verifyResult('on another thread', body, work.body);
          }),
        ],
      },
    ],
    close: () => thread.close(),
  };
}

function requireValid(isValid: boolean): void {
  if (!isValid) throw new Error('a valid signature was refused');
}

function verifyInPool({ creatorKey, signature }: ReturnType<typeof createSealedWork>, signed: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    verify('sha256', signed, creatorKey, signature, (error, isValid) => {
      if (error === null && isValid) resolve();
      else reject(error ?? new Error('a valid signature was refused'));
    });
  });
}

function openThread({ envelope, sealed, body, creatorKeyDer, signature }: SealedWork): { open(requests: ThreadRequest): Promise<readonly Uint8Array[]>; close(): Promise<void> } {
  const workerData: SealedWork = { envelope, sealed, body, creatorKeyDer, signature };
  const worker = new Worker(new URL('./crypto-thread.js', import.meta.url), { workerData });
  const waiting: { readonly resolve: (opened: readonly Uint8Array[]) => void; readonly reject: (error: unknown) => void }[] = [];
  worker.on('message', (opened: readonly Uint8Array[]) => waiting.shift()?.resolve(opened));
  let failure: unknown;
  worker.on('error', (error) => {
    failure = error;
    for (const { reject } of waiting.splice(0)) reject(error);
  });
  return {
    open: (requests) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) reject(failure instanceof Error ? failure : new Error('the thread has ended'));
        waiting.push({ resolve, reject });
        // Each of a batch has bytes of its own, as it would come from a message.
        worker.postMessage(requests.map(({ sealed: { header, enc, salt, ciphertext }, signature: signed }) => ({ sealed: { header: header.slice(), enc: enc.slice(), salt: salt.slice(), ciphertext: ciphertext.slice() }, signature: signed.slice() })));
      }),
    close: async () => {
      await worker.terminate();
    },
  };
}
