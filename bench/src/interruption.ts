import { SelvedgeError } from '@selvedge/errors';

/** Rejects with CANCELLED when this process is told to end, so that whoever waits beside it ends what it has started. */
export function awaitInterruption(): Promise<never> {
  const interrupted = new Promise<never>((_resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        reject(new SelvedgeError('CANCELLED', `ended by ${signal}; nothing was written`));
      });
    }
  });
  // Nobody may be waiting at the moment: the next to wait is told.
  interrupted.catch(() => undefined);
  return interrupted;
}
