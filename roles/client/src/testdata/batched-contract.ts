import { isSelvedgeError } from '@selvedge/errors';
import { EndorsedTransactionSchema, LIMITS, parseCores, parseMessage, TransactionSchema, type Core } from '@selvedge/protocol';
import { beforeEach } from 'vitest';
import type { ConnectOptions, Gateway } from '../gateway.js';
import { createFakeNetwork, type FakeNetwork } from './fake-network.js';

/** A contract whose requests travel in batches, anew for each test. */
export interface BatchedContract {
  readonly network: FakeNetwork;
  gateway: Gateway;
  /** Connects once more: eight items at most, which wait 20 ms, unless another policy is given. */
  connect(options?: Omit<Partial<ConnectOptions>, 'batching'>, policy?: { readonly maxBatchDelayMs?: number; readonly maxInFlight?: number }): void;
  /** How many calls of this hop there were. */
  readonly hops: (hop: string) => number;
  /** Submits these functions at once. Each call's result, or the code that it was refused with. */
  readonly submit: (...names: string[]) => Promise<string[]>;
  /** How many items each transaction that was ordered carries. */
  readonly orderedItems: () => number[];
  /** Hexadecimal ids of what was ordered, by transaction. */
  readonly orderedIds: () => string[][];
}

export function useBatchedContract(): BatchedContract {
  let network: FakeNetwork;
  let gateway: Gateway;
  const orderedCores = (): Core[][] =>
    network.ledger.ordered.map((bytes) => {
      const { kind } = parseMessage(TransactionSchema, bytes, LIMITS.maxMessageBytes);
      const { cores, itemMask } = parseMessage(EndorsedTransactionSchema, kind.value as Uint8Array, LIMITS.maxMessageBytes);
      return parseCores(cores, itemMask);
    });
  const test: BatchedContract = {
    get network() {
      return network;
    },
    get gateway() {
      return gateway;
    },
    set gateway(other) {
      gateway = other;
    },
    connect(options = {}, policy = {}) {
      gateway = network.connect({ ...options, batching: { [network.consortium.contract]: { maxBatch: 8, maxBatchDelayMs: 20, ...policy } } });
    },
    hops: (hop) => network.calls.filter((call) => call.startsWith(`${hop} `)).length,
    submit: async (...names) => {
      const contract = gateway.getNetwork(network.consortium.channel).getContract(network.consortium.contract);
      const settled = await Promise.allSettled(names.map((name) => contract.submitTransaction(name)));
      return settled.map((each) => (each.status === 'fulfilled' ? Buffer.from(each.value).toString() : isSelvedgeError(each.reason) ? each.reason.code : String(each.reason)));
    },
    orderedItems: () => orderedCores().map((cores) => cores.length),
    orderedIds: () => orderedCores().map((cores) => cores.map(({ txId }) => Buffer.from(txId).toString('hex'))),
  };
  beforeEach(async () => {
    network = await createFakeNetwork();
    test.connect({}, { maxInFlight: 1 });
  });
  return test;
}
