/**
 * The promise's outcome, unless the signal fires first: then it rejects with what onAbort makes. The promise itself goes on.
 */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, onAbort: () => Error): Promise<T> {
  let reject: (error: Error) => void = () => undefined;
  const aborted = new Promise<never>((_resolve, fail) => {
    reject = fail;
  });
  const abort = (): void => {
    reject(onAbort());
  };
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
