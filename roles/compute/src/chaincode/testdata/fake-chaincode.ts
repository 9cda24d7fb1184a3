import { peer } from '@hyperledger/fabric-protos';
import type { SelvedgeError } from '@selvedge/errors';
import type { ChaincodeResult, Invocation } from '../../ports.js';
import { createCaller, type RunCalled } from '../calls.js';
import { CHAINCODE_LIMITS, type ChaincodeLimits } from '../limits.js';
import { createMessage, MessageType, type Message, type MessageTypeNumber, type TransactionRef } from '../messages.js';
import { createSession, type Session } from '../session.js';
import { createMemoryState, type MemoryState } from './memory-state.js';

/** A session whose chaincode is the test itself: it sends what it likes and sees every answer. */
export interface FakeChaincode {
  readonly session: Session;
  readonly state: MemoryState;
  readonly breaches: SelvedgeError[];
  givenUp: number;
  /** Starts an invocation. */
  begin(changes?: Partial<Invocation>, signal?: AbortSignal, calls?: Parameters<Session['invoke']>[1]): { readonly ref: TransactionRef; readonly result: Promise<ChaincodeResult> };
  /** Sends a message of a transaction without waiting for anything. */
  send(ref: TransactionRef, type: MessageTypeNumber, payload?: Uint8Array): void;
  /** Sends a request and waits for its answer. */
  ask(ref: TransactionRef, type: MessageTypeNumber, payload?: Uint8Array): Promise<Message>;
  /** Ends a transaction with a result. */
  complete(ref: TransactionRef, status?: number, payload?: Uint8Array): void;
}

/** Builds a session with a fake chaincode behind it. */
export function createFakeChaincode(change: Partial<ChaincodeLimits> = {}, runCalled: RunCalled = () => Promise.reject(new Error('no other contract here'))): FakeChaincode {
  const limits: ChaincodeLimits = { ...CHAINCODE_LIMITS, ...change };
  const waiting: ((message: Message) => void)[] = [];
  const state = createMemoryState();
  let transactions = 0;
  const fake: FakeChaincode = {
    state,
    breaches: [],
    givenUp: 0,
    session: createSession({
      limits,
      send: (message) => waiting.shift()?.(message),
      onBreach: (error) => fake.breaches.push(error),
      onGivenUp: () => {
        fake.givenUp += 1;
      },
    }),
    begin: (changes = {}, signal = new AbortController().signal, calls = state.begin().calls) => {
      transactions += 1;
      const invocation: Invocation = {
        channel: 'trade', contract: 'diamonds', codeHash: new Uint8Array(32), txId: `tx${String(transactions)}`,
        creator: new Uint8Array(1), creatorMspId: 'AuroraMSP', nonce: new Uint8Array(24), args: [], transient: new Map(),
        timestamp: { seconds: 1n, nanos: 0 }, seed: new Uint8Array(32), idleSeed: new Uint8Array(32), deadlineMs: 5000, ...changes,
      };
      // The TRANSACTION itself is the first answer.
      waiting.push(() => undefined);
      const result = fake.session.invoke(invocation, calls, signal, createCaller(invocation, calls, limits, runCalled));
      result.catch(() => undefined);
      return { ref: invocation, result };
    },
    send: (ref, type, payload) => {
      fake.session.receive(createMessage(type, ref, payload));
    },
    ask: (ref, type, payload) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        fake.send(ref, type, payload);
      }),
    complete: (ref, status = 200, payload = new Uint8Array(0)) => {
      const response = new peer.Response();
      response.setStatus(status);
      response.setPayload(payload);
      fake.send(ref, MessageType.COMPLETED, response.serializeBinary());
    },
  };
  return fake;
}

/** Payloads of requests. */
export const requests = {
  get: (key: string, collection = ''): Uint8Array => {
    const request = new peer.GetState();
    request.setKey(key);
    request.setCollection(collection);
    return request.serializeBinary();
  },
  put: (key: string, value: string | Uint8Array, collection = ''): Uint8Array => {
    const request = new peer.PutState();
    request.setKey(key);
    request.setValue(typeof value === 'string' ? Buffer.from(value) : value);
    request.setCollection(collection);
    return request.serializeBinary();
  },
  range: (startKey: string, endKey: string, collection = ''): Uint8Array => {
    const request = new peer.GetStateByRange();
    request.setStartkey(startKey);
    request.setEndkey(endKey);
    request.setCollection(collection);
    return request.serializeBinary();
  },
  metadata: (key: string, name: string, value: string): Uint8Array => {
    const metadata = new peer.StateMetadata();
    metadata.setMetakey(name);
    metadata.setValue(Buffer.from(value));
    const request = new peer.PutStateMetadata();
    request.setKey(key);
    request.setMetadata(metadata);
    return request.serializeBinary();
  },
};

/** Text of an answer. */
export const textOf = (message: Message): string => Buffer.from(message.getPayload_asU8()).toString();
