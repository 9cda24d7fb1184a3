import type { RefusalCode } from '@selvedge/errors';
import type { FollowerPort } from '@selvedge/ledger-view';
import type {
  BatchCommitStatusAnswer,
  BatchResponse,
  Block,
  CommitStatusAnswer,
  ComputeHealth,
  Endorsement,
  EndorsedTransaction,
  EnvelopeEvidence,
  Receipt,
  SealedRequest,
  SealedResponse,
  SealedView,
  SealedViewAnswer,
  StaleItems,
  SubmitAnswer,
  SubmitterMessage,
  TargetData,
  ViewerEvidence,
} from '@selvedge/protocol';
import type { PinnedNetwork } from './domain/pins.js';

/** Bounds of one call to a peer. */
export interface CallBounds {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Hexadecimal; names the transaction in hop events. */
  readonly txId?: string | undefined;
}

/** Hop 1 and hop 4. */
export interface ComputePort {
  readonly nodeId: string;
  readonly address: string;
  execute(request: SealedRequest, bounds: CallBounds): Promise<SealedResponse>;
  /** Requests to one contract, run in order. */
  executeBatch(requests: readonly SealedRequest[], bounds: CallBounds): Promise<BatchResponse>;
  health(bounds: CallBounds): Promise<ComputeHealth>;
}

/** Hop 5 and hop 6. */
export interface EndorserPort {
  readonly mspId: string;
  readonly address: string;
  endorse(targetData: TargetData, bounds: CallBounds): Promise<Endorsement>;
  /** The given mask, over all items of the target data, with the stale items added. Advice alone: nothing is signed. */
  findStaleItems(targetData: TargetData, itemMask: Uint8Array, bounds: CallBounds): Promise<StaleItems>;
}

/** Items of one batch. */
export interface AskedItems {
  readonly txIds: readonly Uint8Array[];
  /** On Fabric, id of the transaction that carries them. Default: the first. */
  readonly carrierTxId?: Uint8Array | undefined;
}

/** Hop 7 and hop 8. */
export interface BusinessPort {
  readonly mspId: string;
  readonly address: string;
  stage(transaction: EndorsedTransaction, packets: readonly Uint8Array[], bounds: CallBounds): Promise<Receipt>;
  /** @param waitMs how long the node may wait for the transaction before it answers; 0 answers at once */
  commitStatus(txId: Uint8Array, waitMs: number, bounds: CallBounds): Promise<CommitStatusAnswer>;
  /** The same for kept items of a batch, in order. */
  batchCommitStatus(items: AskedItems, waitMs: number, bounds: CallBounds): Promise<BatchCommitStatusAnswer>;
}

/** The embedded ledger's ordering. */
export interface SequencerPort {
  readonly address: string;
  submit(transaction: Uint8Array, bounds: CallBounds): Promise<SubmitAnswer>;
  /** Blocks from a number on, and then as they come. */
  deliver(fromBlock: bigint, signal: AbortSignal): AsyncIterable<Block>;
}

/** Hop 0, as far as a client is concerned. */
export interface KeyBrokerPort {
  readonly address: string;
  getEnvelopeEvidence(nonce: Uint8Array, bounds: CallBounds): Promise<EnvelopeEvidence>;
}

/** The submitter of the client's own organisation. */
export interface SubmitterPort {
  readonly address: string;
  /** What the submitter tells of one request, until the signal ends it. @param contract whose batches it travels in */
  submit(contract: string, request: SealedRequest, bounds: Omit<CallBounds, 'timeoutMs'>): AsyncIterable<SubmitterMessage>;
}

/** The viewer beside an organisation's business node. */
export interface ViewerPort {
  readonly mspId: string;
  readonly nodeId: string;
  readonly address: string;
  getEvidence(nonce: Uint8Array, bounds: CallBounds): Promise<ViewerEvidence>;
  view(sealed: SealedView, bounds: CallBounds): Promise<SealedViewAnswer>;
}

/** What earlier sessions have verified, and a place to keep more. */
export interface Pins {
  /** undefined: nothing was verified yet. */
  readonly kept: PinnedNetwork | undefined;
  /** Resolves once it is kept; nothing older than what is there replaces it. */
  keep(network: PinnedNetwork): Promise<void>;
}

/** Everything that a gateway talks to. The lists may change between calls: nodes come and go. */
export interface NetworkPorts {
  /** The replicas of the key broker, at least one. */
  keyBrokers(): readonly KeyBrokerPort[];
  /** Throws INVALID_CONFIGURATION on a network whose ledger is not the embedded one. */
  sequencer(): SequencerPort;
  computeNodes(): readonly ComputePort[];
  endorsers(): readonly EndorserPort[];
  businessNodes(): readonly BusinessPort[];
  viewers(): readonly ViewerPort[];
  /** undefined: requests of this organisation go to compute nodes by themselves. */
  submitter(mspId: string): SubmitterPort | undefined;
  /** Endorsers and business nodes, as sources of the ledger view. */
  followers(): readonly FollowerPort[];
  /** Reads the endpoint lists again; called when no compute node answers. */
  reload(): Promise<void>;
  close(): void;
}

/** The hops of DESIGN 2 as the client sees them. */
export type HopName = 'attest' | 'execute' | 'endorse' | 'find-stale-items' | 'stage' | 'order' | 'commit-status' | 'view' | 'submitter';

/** One finished call, for whoever watches. Sizes and times only: no plaintext, no key. */
export interface HopEvent {
  readonly hop: HopName;
  /** Node id or MSP id; on Fabric, for 'endorse' and 'order', that of the gateway peer. */
  readonly peer: string;
  readonly address: string;
  /** Hexadecimal, of a batch all of them with commas between; absent for attestation. */
  readonly txId: string | undefined;
  readonly sentBytes: number;
  /** 0 when the call was refused. */
  readonly receivedBytes: number;
  readonly ms: number;
  readonly refusal: RefusalCode | undefined;
}

export type OnHop = (event: HopEvent) => void;
