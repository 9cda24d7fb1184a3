import { SelvedgeError } from '@selvedge/errors';
import type { LedgerView } from '@selvedge/ledger-view';
import type { DeclaredIndexes } from '@selvedge/rich-query';
import type { SealedResponse } from '@selvedge/protocol';
import { createHistoryConfirmer, createReadsConfirmer, createSetConfirmer, createStateFetcher, type CommitConfirmer, type HeldKeys, type StateFetcherOptions } from '@selvedge/tee-node';
import { createFakeSetFollower, heldKeysOf, truthOf, viewOf, type CertifiedNode, type FakeBusinessNode, type FakeSetFollower, type NetworkParts } from '@selvedge/tee-node/testing';
import type { ClientRequest } from './client.test.support.js';
import { createComputeNode, type ComputeNode, type ComputeNodeOptions } from './compute-node.js';
import type { ChaincodeHost, ChaincodeResult, Invocation, StateCalls } from './ports.js';

/** A chaincode as a function. */
export type TestChaincode = (state: StateCalls, invocation: Invocation, signal: AbortSignal) => Promise<Partial<ChaincodeResult>>;

export function hostOf(chaincode: TestChaincode, indexes: () => DeclaredIndexes = () => new Map()): ChaincodeHost {
  return {
    invoke: async (invocation, begin, signal) => ({ status: 200, message: '', payload: new Uint8Array(0), ...(await chaincode(begin(), invocation, signal)) }),
    prepare: () => Promise.resolve(),
    declaredIndexes: () => Promise.resolve(indexes()),
    close: () => Promise.resolve(),
  };
}

/** A compute node on fakes. Its view, keys and chaincode may be replaced between requests. */
export interface TestNode {
  view: LedgerView;
  keys: HeldKeys | undefined;
  chaincode: TestChaincode;
  indexes: DeclaredIndexes;
  now: Date;
  readonly node: ComputeNode;
  readonly checkpoints: string[];
  readonly refusals: { readonly code: string; readonly isSealed: boolean }[];
  renewals: number;
  /** Whether a gated result's core is committed. */
  confirm: CommitConfirmer['confirm'];
  /** Of the endorsing organisations: they see what the first business node holds. */
  readonly followers: readonly FakeSetFollower[];
  execute(request: Pick<ClientRequest, 'sealed'>, signal?: AbortSignal): Promise<SealedResponse>;
}

export function createTestNode(input: {
  readonly net: NetworkParts;
  readonly certified: CertifiedNode;
  readonly business: readonly FakeBusinessNode[];
  readonly chaincode?: TestChaincode;
  readonly options?: Partial<ComputeNodeOptions>;
  readonly fetcher?: Partial<StateFetcherOptions>;
}): TestNode {
  const { net, certified, business } = input;
  const checkpoints: string[] = [];
  const refusals: { code: string; isSealed: boolean }[] = [];
  const [truthful] = business;
  const followers = truthful === undefined ? [] : ['NorthMSP', 'SouthMSP', 'EastMSP'].map((mspId) => createFakeSetFollower(net, { mspId, signer: net.organisation(mspId).peer.signer, truth: truthOf(truthful) }));
  const test: TestNode = {
    view: viewOf(net),
    keys: heldKeysOf(net, certified),
    chaincode: input.chaincode ?? (() => Promise.resolve({})),
    indexes: new Map(),
    now: net.now,
    checkpoints,
    refusals,
    renewals: 0,
    confirm: () => Promise.reject(new SelvedgeError('RESULT_NOT_COMMITTED', 'nothing is')),
    followers,
    execute: (request, signal = new AbortController().signal) => test.node.execute(request.sealed, signal),
    node: createComputeNode({
      self: certified.self,
      channel: net.channel,
      views: { start: () => Promise.resolve(), current: () => test.view, refresh: () => Promise.resolve(test.view), close: () => undefined },
      keys: { current: () => test.keys, renew: () => void (test.renewals += 1), close: () => undefined },
      source: createStateFetcher({ network: net.network, channel: net.channel, nodes: business, clock: () => 0, historyConfirmer: createHistoryConfirmer({ followers: [] }), confirmer: createSetConfirmer({ followers }), ...input.fetcher }),
      commits: { confirm: (claimed, gate, profile) => test.confirm(claimed, gate, profile) },
      readsConfirmer: createReadsConfirmer({ followers }),
      host: hostOf((state, invocation, signal) => test.chaincode(state, invocation, signal), () => test.indexes),
      now: () => test.now,
      limits: { maxRunning: 8, maxQueued: 8 },
      teeType: 'simulated',
      measurement: new Uint8Array(48),
      checkpoint: (name) => checkpoints.push(name),
      onRefusal: ({ code, isSealed }) => refusals.push({ code, isSealed }),
      ...input.options,
    }),
  };
  return test;
}
