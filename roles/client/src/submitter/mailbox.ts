/** Messages that one side posts and the other reads as they come. */
export interface Mailbox<T> {
  post(message: T): void;
  /** Nothing more comes. */
  close(): void;
  messages(): AsyncGenerator<T, void>;
}

/** @param signal ends the reading */
export function createMailbox<T>(signal: AbortSignal): Mailbox<T> {
  const waiting: T[] = [];
  let isClosed = false;
  let wake = (): void => undefined;
  return {
    post(message) {
      waiting.push(message);
      wake();
    },
    close() {
      isClosed = true;
      wake();
    },
    async *messages() {
      const onAbort = (): void => { wake(); };
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        while (!signal.aborted) {
          const message = waiting.shift();
          if (message !== undefined) yield message;
          else if (isClosed) return;
          else await new Promise<void>((resolve) => { wake = resolve; });
        }
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    },
  };
}
