import { SelvedgeError } from '@selvedge/errors';

/** What one call waits for. */
export interface Wait<T> {
  /** notify() of the same subject makes it look again. */
  readonly subject: string;
  /** undefined: not yet. */
  readonly ready: () => T | undefined;
  /** 0 looks once. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

interface Waiter {
  look(): void;
  end(error: SelvedgeError): void;
}

/** Holds calls until what they wait for is there; bounds how many, and ends them by time, abort or close. */
export class WaitingRoom {
  readonly #waiting = new Map<string, Set<Waiter>>();
  readonly #maxWaiting: number;
  #count = 0;
  #closed = false;

  constructor(maxWaiting: number) {
    this.#maxWaiting = maxWaiting;
  }

  /** Resolves with undefined when the time has passed. Throws CANCELLED, OVERLOADED or DRAINING. */
  wait<T>(wait: Wait<T>): Promise<T | undefined> {
    const found = wait.ready();
    if (found !== undefined || wait.timeoutMs <= 0) return Promise.resolve(found);
    if (this.#closed) return Promise.reject(draining());
    if (wait.signal?.aborted === true) return Promise.reject(cancelled());
    if (this.#count >= this.#maxWaiting) return Promise.reject(new SelvedgeError('OVERLOADED', `${String(this.#maxWaiting)} calls wait already`));
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#remove(wait.subject, waiter);
        clearTimeout(timer);
        wait.signal?.removeEventListener('abort', abort);
      };
      const end = (error: SelvedgeError): void => {
        leave();
        reject(error);
      };
      const abort = (): void => {
        end(cancelled());
      };
      const look = (): void => {
        const value = wait.ready();
        if (value === undefined) return;
        leave();
        resolve(value);
      };
      const timer = setTimeout(() => {
        leave();
        resolve(undefined);
      }, wait.timeoutMs);
      const waiter: Waiter = { look, end };
      wait.signal?.addEventListener('abort', abort, { once: true });
      this.#add(wait.subject, waiter);
    });
  }

  notify(subject: string): void {
    for (const waiter of this.#waiting.get(subject) ?? []) waiter.look();
  }

  close(): void {
    this.#closed = true;
    for (const waiters of this.#waiting.values()) {
      for (const waiter of waiters) waiter.end(draining());
    }
  }

  #add(subject: string, waiter: Waiter): void {
    const waiters = this.#waiting.get(subject) ?? new Set<Waiter>();
    waiters.add(waiter);
    this.#waiting.set(subject, waiters);
    this.#count += 1;
  }

  #remove(subject: string, waiter: Waiter): void {
    const waiters = this.#waiting.get(subject);
    if (waiters?.delete(waiter) !== true) return;
    this.#count -= 1;
    if (waiters.size === 0) this.#waiting.delete(subject);
  }
}

function cancelled(): SelvedgeError {
  return new SelvedgeError('CANCELLED', 'the caller gave up');
}

function draining(): SelvedgeError {
  return new SelvedgeError('DRAINING', 'the node is stopping');
}
