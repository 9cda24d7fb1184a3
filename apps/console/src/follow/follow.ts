import type { FollowEvent, FollowView, RequestInput } from '../api.js';

/** Whoever watches a request. */
export interface FollowListener {
  onEvent(event: FollowEvent): void;
  /** Nothing comes any more. */
  onClose(): void;
}

/** A request of a session: what happened so far, and what happens next. */
export interface Follow {
  readonly id: string;
  /** Of the transaction, hexadecimal; empty until there is one. */
  transactionId(): string;
  view(): FollowView;
  tell(event: FollowEvent): void;
  /** Gives what happened so far, then each event as it comes. The function that it gives ends that. */
  subscribe(listener: FollowListener): () => void;
  /** The request has ended; spans of it may still come. */
  isEnded(): boolean;
  close(): void;
}

/** Events of one request: a request has some dozens of calls. */
const MAX_EVENTS = 1_000;

export function createFollow(id: string, { kind, contract }: Pick<RequestInput, 'kind' | 'contract'>, at: number): Follow {
  const events: FollowEvent[] = [];
  const listeners = new Set<FollowListener>();
  let transactionId = '';
  let outcome = '';
  let isEnded = false;
  let isClosed = false;
  return {
    id,
    transactionId: () => transactionId,
    view: () => ({ id, kind, contract, transactionId, at, outcome }),
    tell(event) {
      if (isClosed || (events.length >= MAX_EVENTS && event.type !== 'ended')) return;
      if (event.type === 'began') transactionId = event.transactionId;
      if (event.type === 'refused') outcome = event.refusal.code;
      if (event.type === 'ended') {
        isEnded = true;
        if (outcome === '') outcome = 'OK';
      }
      events.push(event);
      for (const listener of listeners) listener.onEvent(event);
    },
    subscribe(listener) {
      for (const event of events) listener.onEvent(event);
      if (isClosed) listener.onClose();
      else listeners.add(listener);
      return () => listeners.delete(listener);
    },
    isEnded: () => isEnded,
    close() {
      if (isClosed) return;
      isClosed = true;
      for (const listener of listeners) listener.onClose();
      listeners.clear();
    },
  };
}
