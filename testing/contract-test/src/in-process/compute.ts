import { create } from '@bufbuild/protobuf';
import { verifyTeeCertificate } from '@selvedge/attestation';
import { createComputeNode, type ChaincodeHost, type ComputeNode } from '@selvedge/compute';
import type { KemKeyPair } from '@selvedge/crypto';
import { createFollowerHandlers, type Follower } from '@selvedge/embedded-ledger';
import { ENDORSER_MSP_IDS, type TestComputeNode, type TestConsortium, type TestContract } from '@selvedge/fixtures';
import { NodeEvidenceSchema, SetDigestRequestSchema, type CommitStatementRequest, type ConfirmReadsRequest, type HistoryHeadRequest } from '@selvedge/protocol';
import { createNameKeys } from '@selvedge/sealed-objects';
import { createCommitConfirmer, createHistoryConfirmer, createReadsConfirmer, createSetConfirmer, createStateFetcher, type BusinessPort, type HeldKeys } from '@selvedge/tee-node';

const WAIT_MS = 20_000;

/** What a compute node works with. */
export interface ComputeInput {
  /** Its contracts run here. */
  readonly host: ChaincodeHost;
  /** Bytes of a page of a set. */
  readonly pageBytes?: number | undefined;
  readonly consortium: TestConsortium;
  /** Keys by contract. */
  readonly contracts: ReadonlyMap<string, TestContract['keys']>;
  readonly node: TestComputeNode;
  readonly follower: Follower;
  readonly owners: readonly BusinessPort[];
  readonly clock: () => Date;
}

/** A compute node whose ledger view, broker and owners are in this process. */
export function startCompute({ host, pageBytes, consortium, contracts, node, follower, owners, clock }: ComputeInput): ComputeNode {
  const { network, channel, profile } = consortium;
  const followers = ENDORSER_MSP_IDS.map((mspId) => {
    const handlers = createFollowerHandlers({ follower, signer: consortium.organisation(mspId).peer.signer });
    return { mspId, address: mspId, confirmReads: (asked: ConfirmReadsRequest) => handlers.confirmReads(asked), getCommitStatement: (asked: CommitStatementRequest) => handlers.getCommitStatement(asked), getHistoryHead: (asked: HistoryHeadRequest) => handlers.getHistoryHead(asked), getSetDigest: (asked: Parameters<typeof createDigestRequest>[0]) => handlers.getSetDigest(createDigestRequest(asked), { signal: AbortSignal.timeout(WAIT_MS) }) };
  });
  const view = (): ReturnType<Parameters<typeof createComputeNode>[0]['views']['current']> => ({
    height: follower.head.height,
    policyRoot: follower.head.policyRoot,
    profile,
    supporters: [...ENDORSER_MSP_IDS],
    ageMs: () => 0,
    keys: (prefix) => follower.head.facts.map(({ key }) => key).filter((key) => key.startsWith(prefix)),
    fact: (key) => follower.state.fact(key),
  });
  return createComputeNode({
    self: node.self,
    channel,
    views: { start: () => Promise.resolve(), current: view, refresh: () => Promise.resolve(view()), close: () => undefined },
    keys: { current: () => heldKeys(consortium, contracts, node), renew: () => undefined, close: () => undefined },
    source: createStateFetcher({ network, channel, nodes: owners, clock: () => 0, ...(pageBytes === undefined ? {} : { pageBytes }), maxSetAttempts: 50, confirmer: createSetConfirmer({ followers }), historyConfirmer: createHistoryConfirmer({ followers }) }),
    commits: createCommitConfirmer({ followers }),
    readsConfirmer: createReadsConfirmer({ followers }),
    host,
    now: clock,
    limits: { maxRunning: 16, maxQueued: 16 },
    teeType: 'simulated',
    measurement: new Uint8Array(48),
    checkpoint: () => undefined,
  });
}

function createDigestRequest(asked: { readonly contract: string; readonly ownerSet: string; readonly dataset: string; readonly datasetTag: Uint8Array; readonly height: bigint }): ReturnType<typeof create<typeof SetDigestRequestSchema>> {
  return create(SetDigestRequestSchema, asked);
}

/** Keys as the broker would have released them. */
function heldKeys({ envelopeKeys, broker }: TestConsortium, contracts: ComputeInput['contracts'], { certificate, suite, privateKey }: TestComputeNode): HeldKeys {
  const keysOf = ({ nameKey, dataKey, randomKey, gateKey, eventKey }: TestContract['keys']): ReturnType<HeldKeys['contract']> => {
    const epochKeys = { $typeName: 'selvedge.v1.EpochKeys', epoch: 1n, dataKey, randomKey, gateKey, eventKey } as const;
    const names = createNameKeys(suite.name, nameKey);
    return { names: (epoch) => (epoch === 1n ? names : undefined), epoch: (epoch) => (epoch === 1n ? epochKeys : undefined) };
  };
  const held = new Map([...contracts].map(([name, keys]) => [name, keysOf(keys)]));
  const { binding, notAfter } = verifyTeeCertificate(certificate, broker.certificate);
  return {
    envelopeKey: (name, epoch) => (epoch === 1n ? (envelopeKeys as Readonly<Record<string, KemKeyPair>>)[name] : undefined),
    signer: () => ({ suite: suite.name, certificate, evidence: create(NodeEvidenceSchema), publicKeyDer: verifyTeeCertificate(certificate, broker.certificate).publicKey.export({ format: 'der', type: 'spki' }), sign: (message) => suite.sign(privateKey, message) }),
    contract: (name) => held.get(name),
    contracts: [...held.keys()],
    bindings: [binding],
    notAfter,
  };
}
