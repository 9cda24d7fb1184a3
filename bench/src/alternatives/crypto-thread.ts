import { parentPort, workerData } from 'node:worker_threads';
import { createOpener, type SealedWork } from '../sealed-work.js';

/** One message to this thread: requests to open, with their creators' signatures. Answered with what they held, in order. */
export type ThreadRequest = readonly (Pick<SealedWork, 'sealed' | 'signature'>)[];

const open = createOpener(workerData as SealedWork);
parentPort?.on('message', (requests: ThreadRequest) => {
  // A copy of its own for each, so that its memory can be handed over.
  const opened = requests.map(({ sealed, signature }) => new Uint8Array(open(sealed, signature)));
  parentPort?.postMessage(opened, opened.map(({ buffer }) => buffer));
});
