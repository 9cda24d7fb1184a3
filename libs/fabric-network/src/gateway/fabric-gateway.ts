import { gateway as messages } from '@hyperledger/fabric-protos';
import { SelvedgeError } from '@selvedge/errors';
import type { Signer } from '@selvedge/identity';
import { createFailover, observed } from './failover.js';
import { commitStatusFailure, endorsementFailure, submissionFailure } from './gateway-errors.js';
import { connectPeer, type ClientTls, type GatewayPeer } from './grpc-peer.js';
import type { EndorsedFabricTransaction, FabricBounds, FabricCall, FabricGateway, FabricInvocation, FabricPeer, FabricStatus } from './ports.js';
import { readPreparedTransaction } from './prepared-transaction.js';
import { createProposal } from './proposal.js';

export interface FabricGatewayOptions {
  readonly channel: string;
  /** Creates and signs proposals, transactions and questions. */
  readonly signer: Signer;
  /** In the order of preference: the first is used while it answers, then the next. */
  readonly peers: readonly FabricPeer[];
  readonly clientTls?: ClientTls | undefined;
  /** Wall clock: timestamps of proposals. */
  readonly clock: () => Date;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  /** How long a peer that failed is tried last. Default 2,000. */
  readonly failurePenaltyMs?: number;
  /** Called after each call to a peer. */
  readonly onCall?: ((call: FabricCall) => void) | undefined;
}

const FAILURE_PENALTY_MS = 2_000;

/** Opens a gateway; nothing is sent before its first call. Throws INVALID_CONFIGURATION when no peer is given. */
export function connectFabricGateway(options: FabricGatewayOptions): FabricGateway {
  const { channel, signer, clientTls, clock, nowMs, onCall } = options;
  if (options.peers.length === 0) throw new SelvedgeError('INVALID_CONFIGURATION', 'no gateway peer is given', { role: 'client' });
  const peers = options.peers.map((peer) => connectPeer(peer, { signer, clientTls }));
  const failover = createFailover({ peers, nowMs, penaltyMs: options.failurePenaltyMs ?? FAILURE_PENALTY_MS });
  const signatures = new WeakMap<EndorsedFabricTransaction, Uint8Array>();

  const call = <T>(step: FabricCall['step'], transactionId: string, sentBytes: number, sizeOf: (result: T) => number, failure: (error: unknown, peer: string) => SelvedgeError) =>
    (bounds: FabricBounds, run: (peer: GatewayPeer, bounds: FabricBounds) => Promise<T>): Promise<T> =>
      failover.run(bounds, (peer, within) => {
        const { mspId, endpoint } = peer;
        return observed(onCall, { step, mspId, endpoint, transactionId, sentBytes, nowMs, sizeOf }, async () => {
          try {
            return await run(peer, within);
          } catch (error) {
            throw failure(error, `${mspId} at ${endpoint}`);
          }
        });
      });

  const propose = (invocation: FabricInvocation) => {
    const proposal = createProposal(invocation, { channel, signer, at: clock() });
    return { proposal, signature: signer.sign(proposal.proposal) };
  };

  return {
    evaluate(invocation, bounds) {
      const { proposal, signature } = propose(invocation);
      const run = call<Uint8Array>('evaluate', proposal.transactionId, proposal.bytes.length, (answer) => answer.length, endorsementFailure);
      return run(bounds, (peer, within) => peer.evaluate(proposal.bytes, signature, within));
    },
    endorse(invocation, bounds) {
      const { proposal, signature } = propose(invocation);
      const run = call<EndorsedFabricTransaction>('endorse', proposal.transactionId, proposal.bytes.length, ({ bytes }) => bytes.length, endorsementFailure);
      return run(bounds, async (peer, within) => readPreparedTransaction(await peer.endorse(proposal.bytes, signature, within), proposal));
    },
    async submit(transaction, bounds) {
      let signature = signatures.get(transaction);
      if (signature === undefined) {
        signature = signer.sign(signingInputOf(transaction.bytes));
        signatures.set(transaction, signature);
      }
      const signed = signature;
      const run = call<undefined>('submit', transaction.transactionId, transaction.bytes.length + signed.length, () => 0, submissionFailure);
      await run(bounds, async (peer, within) => {
        await peer.submit(transaction.bytes, signed, within);
        return undefined;
      });
    },
    commitStatus(transactionId, bounds) {
      const { request, bytes } = createStatusRequest(transactionId, channel, signer);
      const signature = signer.sign(request);
      const run = call<FabricStatus>('commit-status', transactionId, bytes.length, () => STATUS_BYTES, commitStatusFailure);
      return run(bounds, async (peer, within) => {
        const { code, blockNumber } = await peer.commitStatus(bytes, signature, within);
        return { transactionId, code, blockNumber };
      });
    },
    async *chaincodeEvents(chaincode, startBlock, signal) {
      const [peer] = peers;
      if (peer === undefined) return;
      try {
        yield* peer.chaincodeEvents(channel, chaincode, startBlock, signal);
      } catch (error) {
        if (!signal.aborted) throw commitStatusFailure(error, `${peer.mspId} at ${peer.endpoint}`);
      }
    },
    close() {
      for (const peer of peers) peer.close();
    },
  };
}

/** A code and a block number: what the answer to a question for a commit status holds. */
const STATUS_BYTES = 8;

/** What a client signs of a PreparedTransaction: its envelope's payload. */
function signingInputOf(prepared: Uint8Array): Uint8Array {
  return messages.PreparedTransaction.deserializeBinary(prepared).getEnvelope()?.getPayload_asU8() ?? new Uint8Array(0);
}

function createStatusRequest(transactionId: string, channel: string, signer: Signer): { readonly request: Uint8Array; readonly bytes: Uint8Array } {
  const request = new messages.CommitStatusRequest();
  request.setTransactionId(transactionId);
  request.setChannelId(channel);
  request.setIdentity(signer.serialized);
  const signed = new messages.SignedCommitStatusRequest();
  signed.setRequest(request.serializeBinary());
  return { request: signed.getRequest_asU8(), bytes: signed.serializeBinary() };
}
