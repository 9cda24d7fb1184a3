import type { SignedBy } from '@selvedge/identity';

/** A peer whose gateway service may be used. */
export interface FabricPeer {
  readonly mspId: string;
  /** host:port. */
  readonly endpoint: string;
  /** Root of the peer's TLS certificate. */
  readonly tlsRootCertificatePem: string;
  /** Name that the peer's TLS certificate carries, where it is not the endpoint's host. */
  readonly hostnameOverride?: string | undefined;
}

/** Bounds of one step; tries at several peers share them. */
export interface FabricBounds {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A chaincode function's call. */
export interface FabricInvocation {
  readonly chaincode: string;
  readonly functionName: string;
  readonly args?: readonly Uint8Array[] | undefined;
  /** Reaches the endorsers and no block. */
  readonly transientData?: Readonly<Record<string, Uint8Array>> | undefined;
  /** One peer of each endorses, and no other organisation is asked. Without it, the gateway peer plans by the chaincode's policy. */
  readonly organisations?: readonly string[] | undefined;
  /** 24 bytes: the transaction id is SHA-256(nonce || creator). Fresh random when left out. */
  readonly nonce?: Uint8Array | undefined;
}

/** An endorsed transaction, checked to be of the proposal that was sent. */
export interface EndorsedFabricTransaction {
  /** Hexadecimal. */
  readonly transactionId: string;
  readonly chaincode: string;
  /** What the chaincode answered. */
  readonly response: Uint8Array;
  /** ProposalResponsePayload bytes. Each endorser signed these, followed by its own identity. */
  readonly signedPayload: Uint8Array;
  readonly endorsements: readonly SignedBy[];
  /** PreparedTransaction bytes, not signed by the client yet. */
  readonly bytes: Uint8Array;
}

/** A peer's word on a transaction that lies in a block. */
export interface FabricStatus {
  readonly transactionId: string;
  /** Fabric's TxValidationCode. */
  readonly code: number;
  readonly blockNumber: bigint;
}

/** One finished call to one peer. Sizes and times only. */
export interface FabricCall {
  readonly step: 'evaluate' | 'endorse' | 'submit' | 'commit-status';
  readonly mspId: string;
  readonly endpoint: string;
  readonly transactionId: string;
  readonly sentBytes: number;
  /** 0 when it failed. */
  readonly receivedBytes: number;
  readonly ms: number;
  /** What the call failed with, as the gateway throws it. */
  readonly error: unknown;
}

/** One identity's way into a channel, through the gateway service of one peer or another. */
export interface FabricGateway {
  /**
   * Runs a function on one peer and commits nothing.
   * Throws as `endorse`.
   */
  evaluate(invocation: FabricInvocation, bounds: FabricBounds): Promise<Uint8Array>;
  /**
   * Has a proposal endorsed, and checks before anything is signed that the answer is of that proposal.
   * Throws EndorsersRefused (their common code, or ENDORSEMENT_FAILED with a list), UNAVAILABLE, TIMEOUT, CANCELLED,
   * FABRIC_REFUSED, or FABRIC_TRANSACTION_MISMATCH when the gateway peer answers with another transaction.
   */
  endorse(invocation: FabricInvocation, bounds: FabricBounds): Promise<EndorsedFabricTransaction>;
  /**
   * Signs the transaction (once, so that sending it again sends equal bytes) and hands it to ordering.
   * Throws UNAVAILABLE or TIMEOUT, after which it may or may not be ordered; NOT_READY when no orderer took it, such as
   * before a leader is elected; FABRIC_REFUSED or MESSAGE_TOO_LARGE when ordering refused it for good.
   */
  submit(transaction: EndorsedFabricTransaction, bounds: FabricBounds): Promise<void>;
  /** Waits until the transaction lies in a block. Throws TIMEOUT, UNAVAILABLE, CANCELLED or FABRIC_REFUSED. */
  commitStatus(transactionId: string, bounds: FabricBounds): Promise<FabricStatus>;
  /**
   * Chaincode events of valid transactions from a block on, and then as they come until the signal ends it, through the first
   * peer that takes the question. Throws UNAVAILABLE or FABRIC_REFUSED; a reader goes on by the next start.
   */
  chaincodeEvents(chaincode: string, startBlock: bigint, signal: AbortSignal): AsyncIterable<FabricEvent>;
  close(): void;
}

/** A chaincode event as a peer delivers it. */
export interface FabricEvent {
  readonly blockNumber: bigint;
  readonly eventName: string;
  readonly payload: Uint8Array;
}
