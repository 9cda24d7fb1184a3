import { SelvedgeError } from '@selvedge/errors';
import type { Invocation, StateCalls } from '../ports.js';
import type { Caller } from './calls.js';
import type { ChaincodeLimits } from './limits.js';
import { createErrorMessage, MessageType, transactionKey, typeName, type Message, type TransactionRef } from './messages.js';
import { createTransactionMessage } from './proposal.js';
import { isRequestType } from './requests.js';
import { createRun, protocolError, type CompletedRun, type Run } from './run.js';
import { fateOf } from './shared-fate.js';

export interface SessionOptions {
  readonly limits: ChaincodeLimits;
  readonly send: (message: Message) => void;
  /** Called once when the process broke the protocol for good. */
  readonly onBreach: (error: SelvedgeError) => void;
  /** Called when an invocation was given up on: the process may hang. */
  readonly onGivenUp: () => void;
  /** Called when an invocation has finished, and when one starts where none ran. */
  readonly onProgress?: () => void;
}

/** The peer's side of one chaincode process: many invocations over one stream. */
export interface Session {
  /** Invocations in flight. */
  readonly running: number;
  /** Invocations given up on that the chaincode has not finished. */
  readonly abandoned: number;
  /**
   * @throws SelvedgeError as ChaincodeHost.invoke, apart from the process's start; SharedFate when the process ended and
   * another invocation may be why
   */
  invoke(invocation: Invocation, state: StateCalls, signal: AbortSignal, caller: Caller): Promise<CompletedRun>;
  receive(message: Message): void;
  /** Notes that the sandbox refused something to a transaction: when that fails, this is why. */
  refuse(transaction: string, refusal: SelvedgeError): void;
  /** Fails whatever is in flight, and every later invocation. */
  end(error: SelvedgeError): void;
}

/** A contract that forgets an await leaves a request or two behind with each run; that alone must not end its process. */
const STRAYS_PER_RUN = 10;

/** Builds the session of a process that has registered. */
export function createSession(options: SessionOptions): Session {
  const { limits, send } = options;
  const runs = new Map<string, Run>();
  const abandoned = new Set<string>();
  /** Runs that have their COMPLETED and wait for what belongs to it. */
  const ending = new Map<string, Run>();
  let ended: SelvedgeError | undefined;
  let strayMessages = 0;
  let finishedRuns = 0;

  const giveUp = (key: string, run: Run, error: SelvedgeError): void => {
    run.fail(error);
    // A run that has its COMPLETED already only waits for state; the process has nothing left to do for it.
    if (!runs.delete(key)) return;
    abandoned.add(key);
    options.onGivenUp();
  };

  const receiveStray = (message: Message, ref: TransactionRef, isRequest: boolean): void => {
    strayMessages += 1;
    if (strayMessages > limits.maxStrayMessages + STRAYS_PER_RUN * finishedRuns) breach(protocolError('sent too many messages outside of a transaction'));
    else if (isRequest) send(createErrorMessage(ref, `${typeName(message.getType())} failed: transaction ID: ${ref.txId}: no ledger context`));
    else abandoned.delete(transactionKey(ref));
  };

  const breach = (error: SelvedgeError): void => {
    if (ended !== undefined) return;
    end(error);
    options.onBreach(error);
  };

  const end = (error: SelvedgeError): void => {
    ended ??= error;
    const open = [...runs.values()];
    const fate = fateOf(error, open.length + abandoned.size > 1);
    runs.clear();
    abandoned.clear();
    for (const run of open) run.fail(fate);
  };

  return {
    get running() {
      return runs.size;
    },
    get abandoned() {
      return abandoned.size;
    },
    invoke: async (invocation, state, signal, caller) => {
      const key = transactionKey(invocation);
      if (ended !== undefined) throw fateOf(ended, true);
      if (signal.aborted) throw cancelled();
      if (runs.size >= limits.maxInFlight) throw new SelvedgeError('OVERLOADED', 'the chaincode process is at its limit of transactions', { role: 'compute' });
      // Messages carry nothing but the transaction's id, so those of two runs could not be told apart.
      if (runs.has(key) || abandoned.has(key)) throw new SelvedgeError('OVERLOADED', 'this transaction is still running here', { role: 'compute' });
      const transaction = createTransactionMessage(invocation);
      const run = createRun(invocation, state, limits, caller);
      if (runs.size === 0) options.onProgress?.();
      runs.set(key, run);
      const stop = watch(invocation.deadlineMs, signal, (error) => {
        giveUp(key, run, error);
      });
      try {
        send(transaction);
        return await run.result;
      } finally {
        stop();
        // A run that ended by a refusal of ours, before its COMPLETED, is still busy in the process.
        if (runs.get(key) === run) giveUp(key, run, protocolError('was given up on'));
      }
    },
    receive: (message) => {
      const type = message.getType();
      if (ended !== undefined) return;
      const isEnd = type === MessageType.COMPLETED || type === MessageType.ERROR;
      if (!isEnd && !isRequestType(type) && type !== MessageType.KEEPALIVE) {
        breach(protocolError('sent a message that does not belong there'));
        return;
      }
      const ref = { channel: message.getChannelId(), txId: message.getTxid() };
      const key = transactionKey(ref);
      const run = runs.get(key);
      if (run === undefined || type === MessageType.KEEPALIVE) receiveStray(message, ref, isRequestType(type));
      else if (isEnd) {
        runs.delete(key);
        finishedRuns += 1;
        options.onProgress?.();
        // Reports of refusals come by another pipe; what was written before this message is read within two turns.
        ending.set(key, run);
        run.complete(message, () => ending.delete(key));
      } else run.request(message, send);
    },
    refuse: (transaction, refusal) => {
      (runs.get(transaction) ?? ending.get(transaction))?.refuse(refusal);
    },
    end,
  };
}

const cancelled = (): SelvedgeError => new SelvedgeError('CANCELLED', 'the caller gave up', { role: 'compute' });

/** Calls back when the deadline passes or the signal fires; returns what ends the watch. */
function watch(deadlineMs: number, signal: AbortSignal, onEnd: (error: SelvedgeError) => void): () => void {
  const onAbort = (): void => {
    onEnd(cancelled());
  };
  const timer = setTimeout(() => {
    onEnd(new SelvedgeError('CHAINCODE_TIMEOUT', `the chaincode did not finish within ${String(deadlineMs)} ms`, { role: 'compute', details: { deadlineMs } }));
  }, deadlineMs);
  signal.addEventListener('abort', onAbort, { once: true });
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  };
}
