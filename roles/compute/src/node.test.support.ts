import { createPublicKey, type KeyObject } from 'node:crypto';
import { verifyTeeCertificate } from '@selvedge/attestation';
import { suiteByName, type KemKeyPair, type Suite } from '@selvedge/crypto';
import type { Signer } from '@selvedge/identity';
import type { LedgerView } from '@selvedge/ledger-view';
import type { FactReader, Profile } from '@selvedge/policy';
import type { DeclaredIndexes } from '@selvedge/rich-query';
import { policyRoot, type ContractPolicy, type SealedResponse } from '@selvedge/protocol';
import { createSetConfirmer } from './adapters/set-confirmer.js';
import { createHistoryConfirmer } from './adapters/history-confirmer.js';
import { createStateFetcher, type StateFetcherOptions } from './adapters/state-fetcher.js';
import type { FakeBusinessNode } from './business.test.support.js';
import type { ClientRequest } from './client.test.support.js';
import { createComputeNode, type ComputeNode, type ComputeNodeOptions } from './compute-node.js';
import { createHeldKeys, type HeldKeys } from './domain/held-keys.js';
import { createFakeSetFollower, truthOf, type FakeSetFollower } from './set-followers.test.support.js';
import type { ChaincodeHost, ChaincodeResult, Invocation, StateCalls } from './ports.js';

/** The parts of a test network that a compute node needs (the shape of the fixtures' consortium). */
export interface NetworkParts {
  readonly network: string;
  readonly channel: string;
  readonly contract: string;
  readonly now: Date;
  readonly profile: Profile;
  readonly broker: { readonly certificate: Uint8Array };
  readonly envelopeKeys: Readonly<Record<string, KemKeyPair>>;
  readonly contractKeys: Readonly<Record<'dataKey' | 'nameKey' | 'randomKey' | 'gateKey' | 'eventKey', Uint8Array>>;
  readonly contractPolicy: ContractPolicy;
  organisation(mspId: string): { readonly peer: { readonly signer: Signer } };
  readonly state: FactReader & { readonly height: bigint; factEntries(): { key: string; value: Uint8Array }[] };
}

/** A certified signing key (the shape of the fixtures' compute node). */
export interface CertifiedNode {
  readonly nodeId: string;
  readonly suite: Suite;
  readonly certificate: Uint8Array;
  readonly privateKey: KeyObject;
}

/** The view of the network's own state. */
export function viewOf(net: NetworkParts, change: Partial<LedgerView> = {}): LedgerView {
  const facts = net.state.factEntries();
  return {
    height: net.state.height,
    policyRoot: policyRoot(facts),
    profile: net.profile,
    supporters: ['EastMSP', 'NorthMSP', 'SouthMSP'],
    ageMs: () => 0,
    keys: (prefix) => facts.map(({ key }) => key).filter((key) => key.startsWith(prefix)),
    fact: (key) => net.state.fact(key),
    ...change,
  };
}

/** Another contract of the network (the shape of the fixtures' contract). */
export interface OtherContract {
  readonly policy: ContractPolicy;
  readonly keys: NetworkParts['contractKeys'];
}

/** Keys as the broker would have released them. */
export function heldKeysOf(net: NetworkParts, node: CertifiedNode, epochs: readonly bigint[] = [1n], others: readonly OtherContract[] = []): HeldKeys {
  const publicKey = createPublicKey(node.privateKey);
  return createHeldKeys([
    {
      suite: node.suite,
      signingKeys: { publicKey, privateKey: node.privateKey, publicKeyDer: publicKey.export({ format: 'der', type: 'spki' }) },
      release: {
        certificate: verifyTeeCertificate(node.certificate, net.broker.certificate),
        envelopeKeys: Object.entries(net.envelopeKeys).map(([suite, pair]) => ({ $typeName: 'selvedge.v1.EnvelopeKey', suite: suiteByName(suite).name, epoch: 1n, ...pair })),
        contracts: [{ policy: net.contractPolicy, keys: net.contractKeys }, ...others].map(({ policy, keys: { nameKey, ...keys } }) => ({
          $typeName: 'selvedge.v1.ContractKeys',
          contract: policy.name,
          suite: policy.suite,
          nameKey,
          nameKeyEpoch: 1n,
          epochs: epochs.map((epoch) => ({ $typeName: 'selvedge.v1.EpochKeys', epoch, ...keys })),
        })),
      },
    },
  ]);
}

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
    followers,
    execute: (request, signal = new AbortController().signal) => test.node.execute(request.sealed, signal),
    node: createComputeNode({
      nodeId: certified.nodeId,
      channel: net.channel,
      views: { start: () => Promise.resolve(), current: () => test.view, refresh: () => Promise.resolve(test.view), close: () => undefined },
      keys: { current: () => test.keys, renew: () => void (test.renewals += 1), close: () => undefined },
      source: createStateFetcher({ network: net.network, channel: net.channel, nodes: business, clock: () => 0, historyConfirmer: createHistoryConfirmer({ followers: [] }), confirmer: createSetConfirmer({ followers }), ...input.fetcher }),
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
