import { peer } from '@hyperledger/fabric-protos';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import type { ChaincodeEvent, ChaincodeResult, Invocation, StateCalls } from '../ports.js';
import type { ChaincodeLimits } from './limits.js';
import { encodeCalledRun, type CalledRun, type Caller } from './calls.js';
import { createErrorMessage, createMessage, MessageType, typeName, type Message } from './messages.js';
import { requireResultSize } from './meter.js';
import { createQueries } from './queries.js';
import { describeFailure } from './request-error.js';
import { handleRequest, type RequestContext } from './requests.js';
import type { SharedFate } from './shared-fate.js';

/** What a chaincode answered, in Fabric's terms and as it was sent. */
export interface CompletedRun extends ChaincodeResult {
  readonly completion: CalledRun;
}

/** One running invocation. */
export interface Run {
  /** Settles once, with the chaincode's answer or a refusal. */
  readonly result: Promise<CompletedRun>;
  /** Answers a request of the chaincode through `send`. */
  request(message: Message, send: (message: Message) => void): void;
  /** Takes COMPLETED or ERROR. A request that is still being answered is awaited first, so its effect is never left to chance. */
  complete(message: Message, onSettled: () => void): void;
  /** Notes a refusal of the sandbox, which is the reason when the chaincode fails. */
  refuse(refusal: SelvedgeError): void;
  /** Gives up; nothing is sent or read any more. */
  fail(error: SelvedgeError | SharedFate): void;
}

/** A contract may clean up after a refusal, but not go on for long: its transaction has failed already. */
const MAX_REQUESTS_AFTER_REFUSAL = 100;

/** Starts the bookkeeping of one invocation. */
export function createRun(invocation: Invocation, state: StateCalls, limits: ChaincodeLimits, caller: Caller): Run {
  const { meter } = caller;
  const queries = createQueries(invocation.contract, meter, limits);
  const { promise: result, resolve, reject } = withResolvers<CompletedRun>();
  /** Only where it calls another contract: to abort one costs an exception. */
  let over: AbortController | undefined;
  const callContract = async (payload: Uint8Array): Promise<Uint8Array> => {
    // What it has called ends with it, whose deadline is therefore that of all.
    over ??= new AbortController();
    if (isOver) over.abort();
    const called = await caller.call(payload, over.signal);
    refusal ??= called.refusal;
    return encodeCalledRun(called, invocation);
  };
  const context: RequestContext = { state, meter, queries, limits, callContract };
  let isOver = false;
  let pending: Promise<void> | undefined;
  let refusal: SelvedgeError | SharedFate | undefined;
  let isRefusalFatal = false;
  let requestsSinceRefusal = 0;

  const end = (settle: () => void): void => {
    if (isOver) return;
    isOver = true;
    over?.abort();
    queries.closeAll();
    settle();
  };
  const fail = (error: SelvedgeError | SharedFate): void => {
    end(() => {
      reject(isRefusalFatal ? (refusal ?? error) : error);
    });
  };

  const answer = async (message: Message): Promise<Message> => {
    const type = message.getType();
    try {
      return createMessage(MessageType.RESPONSE, invocation, await handleRequest(type, message.getPayload_asU8(), context));
    } catch (error) {
      const failure = describeFailure(error);
      if (failure.isFatal && !isRefusalFatal) refusal = failure.refusal;
      refusal ??= failure.refusal;
      isRefusalFatal ||= failure.isFatal;
      return createErrorMessage(invocation, `${typeName(type)} failed: transaction ID: ${invocation.txId}: ${failure.text}`);
    }
  };

  const settle = (message: Message): void => {
    try {
      const answered = readResult(message, limits);
      const isError = answered.status >= 400;
      // A contract that called it may handle its error; one that a client called has nobody else to tell the reason.
      if (refusal !== undefined && (isRefusalFatal || (isError && !caller.isCalled))) fail(refusal);
      else {
        const completion = { type: message.getType(), payload: message.getPayload_asU8(), refusal: isError && isSelvedgeError(refusal) ? refusal : undefined };
        end(() => { resolve({ ...answered, completion }); });
      }
    } catch (error) {
      fail(error as SelvedgeError);
    }
  };

  return {
    result,
    request: (message, send) => {
      if (pending !== undefined) {
        fail(protocolError('made a request while another of the same transaction was pending'));
        return;
      }
      if (isRefusalFatal) requestsSinceRefusal += 1;
      if (requestsSinceRefusal > MAX_REQUESTS_AFTER_REFUSAL) {
        fail(protocolError('carried on after it was refused'));
        return;
      }
      pending = answer(message).then((reply) => {
        pending = undefined;
        if (!isOver) send(reply);
      });
    },
    complete: (message, onSettled) => {
      const finish = async (): Promise<void> => {
        await pending;
        if (isFailure(message)) await turns(2);
        settle(message);
        onSettled();
      };
      void finish();
    },
    refuse: (error) => {
      refusal ??= error;
    },
    fail,
  };
}

/** Whether the chaincode says that it failed; a result that does not parse shows later. */
function isFailure(message: Message): boolean {
  if (message.getType() === MessageType.ERROR) return true;
  try {
    return peer.Response.deserializeBinary(message.getPayload_asU8()).getStatus() >= 400;
  } catch {
    return false;
  }
}

/** Lets the event loop turn. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Reads the chaincode's answer, with the texts of Fabric's endorser. Throws SelvedgeError CHAINCODE_PROTOCOL, CHAINCODE_LIMIT. */
function readResult(message: Message, limits: ChaincodeLimits): ChaincodeResult {
  const payload = message.getPayload_asU8();
  requireResultSize(payload.length, limits);
  if (message.getType() === MessageType.ERROR) {
    return { status: 500, message: `error in simulation: transaction returned with failure: ${Buffer.from(payload).toString()}`, payload: new Uint8Array(0) };
  }
  const response = decodeResponse(payload);
  const event = response.getStatus() < 400 ? readEvent(message, limits) : undefined;
  return { status: response.getStatus(), message: response.getMessage(), payload: response.getPayload_asU8(), ...(event === undefined ? {} : { event }) };
}

function decodeResponse(payload: Uint8Array): peer.Response {
  try {
    return peer.Response.deserializeBinary(payload);
  } catch (error) {
    throw protocolError('sent a result that does not parse', error);
  }
}

function readEvent(message: Message, limits: ChaincodeLimits): ChaincodeEvent | undefined {
  const event = message.getChaincodeEvent();
  if (event === undefined || event.getEventName() === '') return undefined;
  const payload = event.getPayload_asU8();
  requireResultSize(payload.length + Buffer.byteLength(event.getEventName()), limits);
  return { name: event.getEventName(), payload };
}

/** A breach of the chaincode protocol. The cause may hold plaintext, so it stays out of the text. */
export const protocolError = (what: string, cause?: unknown): SelvedgeError =>
  new SelvedgeError('CHAINCODE_PROTOCOL', `the chaincode ${what}`, { role: 'compute', cause });

/** Promise.withResolvers, which Node 20 lacks. A rejection without a listener must not end the node. */
function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((resolvePromise, rejectPromise) => {
    resolve = resolvePromise;
    reject = rejectPromise;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
