import { create } from '@bufbuild/protobuf';
import { SelvedgeError } from '@selvedge/errors';
import type { FollowerPort } from '@selvedge/ledger-view';
import {
  BatchCommitStatusAnswerSchema,
  BatchCommitStatusRequestSchema,
  BatchRequestSchema,
  BatchResponseSchema,
  BusinessLedger,
  CommitStatusAnswerSchema,
  CommitStatusRequestSchema,
  Compute,
  Endorser,
  EndorsementSchema,
  EndorseRequestSchema,
  EnvelopeEvidenceRequestSchema,
  EnvelopeEvidenceSchema,
  Follower,
  KeyBroker,
  ReceiptSchema,
  SealedRequestSchema,
  SealedResponseSchema,
  Sequencer,
  StageRequestSchema,
  StaleItemsRequestSchema,
  StaleItemsSchema,
  SubmitAnswerSchema,
  SubmitRequestSchema,
  SealedViewAnswerSchema,
  SealedViewSchema,
  Viewer,
  ViewerEvidenceRequestSchema,
  ViewerEvidenceSchema,
} from '@selvedge/protocol';
import type { CallOptions, RpcConnection, TlsSetting } from '@selvedge/rpc';
import { keyBrokerAddresses, type ComputeEndpoint, type ConnectionProfile, type OrganisationEndpoint, type ViewerEndpoint } from '../domain/connection-profile.js';
import type { BusinessPort, CallBounds, ComputePort, EndorserPort, KeyBrokerPort, NetworkPorts, OnHop, SequencerPort, ViewerPort } from '../ports.js';
import { createConnectionPool } from './connection-pool.js';
import { createObserved, type Observed } from './observe.js';
import { submitterPort } from './submitter-port.js';
import { loadTls } from './tls-files.js';

export interface GrpcNetworkOptions {
  /** Instead of what the connection profile's `tls` section names. */
  readonly tls?: TlsSetting | undefined;
  readonly onHop?: OnHop | undefined;
  /** Gives the present connection profile. */
  readonly reload?: (() => Promise<ConnectionProfile>) | undefined;
}

const callOptions = ({ timeoutMs, signal }: CallBounds): CallOptions => ({ timeoutMs, ...(signal === undefined ? {} : { signal }) });

/** New nodes are noticed within this time while requests run. */
const RELOAD_AFTER_MS = 2_000;

/** The network over gRPC; one connection per address, opened when first used. Throws what loadTls and connectRpc throw. */
export function createGrpcNetwork(profile: ConnectionProfile, options: GrpcNetworkOptions = {}): NetworkPorts {
  const pool = createConnectionPool(options.tls ?? loadTls(profile));
  const observed = createObserved(options.onHop);
  const read = (present: ConnectionProfile) => ({
    keyBrokers: keyBrokerAddresses(present).map((address) => keyBrokerPort(pool.get(address), observed)),
    sequencer: present.sequencer === undefined ? undefined : sequencerPort(pool.get(present.sequencer), observed),
    computeNodes: present.computeNodes.map((node) => computePort(pool.get(node.address), node, observed)),
    endorsers: present.endorsers.map((node) => endorserPort(pool.get(node.address), node, observed)),
    businessNodes: present.businessNodes.map((node) => businessPort(pool.get(node.address), node, observed)),
    viewers: (present.viewers ?? []).map((node) => viewerPort(pool.get(node.address), node, observed)),
    submitters: new Map((present.submitters ?? []).map(({ mspId, address }) => [mspId, submitterPort(pool.get(address), options.onHop)])),
    followers: [...present.endorsers, ...present.businessNodes].map((node) => followerPort(pool.get(node.address), node)),
  });
  let ports = read(profile);
  let readAtMs = performance.now();
  const reload = async (): Promise<void> => {
    if (options.reload === undefined) return;
    readAtMs = performance.now();
    ports = read(await options.reload());
  };
  return {
    keyBrokers: () => ports.keyBrokers,
    sequencer() {
      if (ports.sequencer === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', 'the connection profile names no sequencer', { role: 'client' });
      return ports.sequencer;
    },
    computeNodes() {
      // In the background; when it fails the present lists stay, and a request that finds no node reloads by itself.
      if (performance.now() - readAtMs > RELOAD_AFTER_MS) reload().catch(() => undefined);
      return ports.computeNodes;
    },
    endorsers: () => ports.endorsers,
    businessNodes: () => ports.businessNodes,
    viewers: () => ports.viewers,
    submitter: (mspId) => ports.submitters.get(mspId),
    followers: () => ports.followers,
    reload,
    close: () => {
      pool.close();
    },
  };
}

function keyBrokerPort(connection: RpcConnection, observed: Observed): KeyBrokerPort {
  const { address } = connection;
  const rpc = connection.client(KeyBroker);
  return {
    address,
    getEnvelopeEvidence(nonce, bounds) {
      const request = create(EnvelopeEvidenceRequestSchema, { nonce });
      return observed({ hop: 'attest', peer: 'key broker', address, request: [EnvelopeEvidenceRequestSchema, request], answer: EnvelopeEvidenceSchema, bounds }, () =>
        rpc.getEnvelopeEvidence(request, callOptions(bounds)),
      );
    },
  };
}

function sequencerPort(connection: RpcConnection, observed: Observed): SequencerPort {
  const { address } = connection;
  const rpc = connection.client(Sequencer);
  return {
    address,
    submit(transaction, bounds) {
      const request = create(SubmitRequestSchema, { transaction });
      return observed({ hop: 'order', peer: 'sequencer', address, request: [SubmitRequestSchema, request], answer: SubmitAnswerSchema, bounds }, () =>
        rpc.submit(request, callOptions(bounds)),
      );
    },
    deliver: (fromBlock, signal) => rpc.deliver({ fromBlock }, { signal }),
  };
}

function computePort(connection: RpcConnection, { nodeId, address }: ComputeEndpoint, observed: Observed): ComputePort {
  const rpc = connection.client(Compute);
  return {
    nodeId,
    address,
    execute: (request, bounds) =>
      observed({ hop: 'execute', peer: nodeId, address, request: [SealedRequestSchema, request], answer: SealedResponseSchema, bounds }, () =>
        rpc.execute(request, callOptions(bounds)),
      ),
    executeBatch(items, bounds) {
      const request = create(BatchRequestSchema, { items: [...items] });
      return observed({ hop: 'execute', peer: nodeId, address, request: [BatchRequestSchema, request], answer: BatchResponseSchema, bounds }, () => rpc.executeBatch(request, callOptions(bounds)));
    },
    health: (bounds) => rpc.health({}, callOptions(bounds)),
  };
}

function endorserPort(connection: RpcConnection, { mspId, address }: OrganisationEndpoint, observed: Observed): EndorserPort {
  const rpc = connection.client(Endorser);
  return {
    mspId,
    address,
    endorse(targetData, bounds) {
      const request = create(EndorseRequestSchema, { targetData });
      return observed({ hop: 'endorse', peer: mspId, address, request: [EndorseRequestSchema, request], answer: EndorsementSchema, bounds }, () =>
        rpc.endorse(request, callOptions(bounds)),
      );
    },
    findStaleItems({ cores, attachments }, itemMask, bounds) {
      const request = create(StaleItemsRequestSchema, { cores, itemMask, teeSignatures: attachments?.teeSignatures ?? [] });
      return observed({ hop: 'find-stale-items', peer: mspId, address, request: [StaleItemsRequestSchema, request], answer: StaleItemsSchema, bounds }, () =>
        rpc.findStaleItems(request, callOptions(bounds)),
      );
    },
  };
}

function businessPort(connection: RpcConnection, { mspId, address }: OrganisationEndpoint, observed: Observed): BusinessPort {
  const rpc = connection.client(BusinessLedger);
  return {
    mspId,
    address,
    stage(transaction, packets, bounds) {
      const request = create(StageRequestSchema, { transaction, packets: [...packets] });
      return observed({ hop: 'stage', peer: mspId, address, request: [StageRequestSchema, request], answer: ReceiptSchema, bounds }, () =>
        rpc.stage(request, callOptions(bounds)),
      );
    },
    commitStatus(txId, waitMs, bounds) {
      const request = create(CommitStatusRequestSchema, { txId, waitMs });
      return observed({ hop: 'commit-status', peer: mspId, address, request: [CommitStatusRequestSchema, request], answer: CommitStatusAnswerSchema, bounds }, () =>
        rpc.commitStatus(request, callOptions(bounds)),
      );
    },
    batchCommitStatus({ txIds, carrierTxId }, waitMs, bounds) {
      const request = create(BatchCommitStatusRequestSchema, { txIds: [...txIds], waitMs, ...(carrierTxId === undefined ? {} : { carrierTxId }) });
      return observed({ hop: 'commit-status', peer: mspId, address, request: [BatchCommitStatusRequestSchema, request], answer: BatchCommitStatusAnswerSchema, bounds }, () =>
        rpc.batchCommitStatus(request, callOptions(bounds)),
      );
    },
  };
}

function viewerPort(connection: RpcConnection, { mspId, nodeId, address }: ViewerEndpoint, observed: Observed): ViewerPort {
  const rpc = connection.client(Viewer);
  return {
    mspId,
    nodeId,
    address,
    getEvidence(nonce, bounds) {
      const request = create(ViewerEvidenceRequestSchema, { nonce });
      return observed({ hop: 'attest', peer: nodeId, address, request: [ViewerEvidenceRequestSchema, request], answer: ViewerEvidenceSchema, bounds }, () =>
        rpc.getEvidence(request, callOptions(bounds)),
      );
    },
    view: (sealed, bounds) =>
      observed({ hop: 'view', peer: nodeId, address, request: [SealedViewSchema, sealed], answer: SealedViewAnswerSchema, bounds }, () => rpc.view(sealed, callOptions(bounds))),
  };
}

const LEDGER_VIEW_TIMEOUT_MS = 5_000;

function followerPort(connection: RpcConnection, { mspId, address }: OrganisationEndpoint): FollowerPort {
  const rpc = connection.client(Follower);
  return { mspId, address, getLedgerView: (request, signal) => rpc.getLedgerView(request, { timeoutMs: LEDGER_VIEW_TIMEOUT_MS, signal }) };
}
