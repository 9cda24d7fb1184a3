import type { CallOptions, Client, ClientUnaryCall, requestCallback } from '@grpc/grpc-js';
import { connect, hash, type GrpcClient } from '@hyperledger/fabric-gateway';
import type { Signer } from '@selvedge/identity';
import { LIMITS, parseMessage, SerializedIdentitySchema } from '@selvedge/protocol';
import { connectToPeer } from '../peer-connection.js';
import type { FabricBounds, FabricEvent, FabricPeer } from './ports.js';

/** One peer's gateway service, in terms of bytes. Calls throw GatewayError, with status CANCELLED when the caller's signal is aborted. */
export interface GatewayPeer {
  readonly mspId: string;
  readonly endpoint: string;
  /** @param proposed ProposedTransaction bytes. Resolves with what the function answered. */
  evaluate(proposed: Uint8Array, signature: Uint8Array, bounds: FabricBounds): Promise<Uint8Array>;
  /** Resolves with PreparedTransaction bytes. */
  endorse(proposed: Uint8Array, signature: Uint8Array, bounds: FabricBounds): Promise<Uint8Array>;
  /** @param prepared PreparedTransaction bytes */
  submit(prepared: Uint8Array, signature: Uint8Array, bounds: FabricBounds): Promise<void>;
  /** @param request SignedCommitStatusRequest bytes, without signature. Waits until the transaction lies in a block. */
  commitStatus(request: Uint8Array, signature: Uint8Array, bounds: FabricBounds): Promise<{ readonly code: number; readonly blockNumber: bigint }>;
  /** Events of valid transactions from a block on, and then as they come. */
  chaincodeEvents(channel: string, chaincode: string, startBlock: bigint, signal: AbortSignal): AsyncIterable<FabricEvent>;
  close(): void;
}

/** PEM of a client's own TLS certificate and key, where peers ask for one. */
export interface ClientTls {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** Opens a connection lazily. Throws INVALID_CONFIGURATION for certificates or keys that do not parse. */
export function connectPeer(peer: FabricPeer, options: { readonly signer: Signer; readonly clientTls?: ClientTls | undefined }): GatewayPeer {
  const { signer } = options;
  const { client } = connectToPeer({ ...peer, clientTls: options.clientTls });
  const { mspid, idBytes } = parseMessage(SerializedIdentitySchema, signer.serialized, LIMITS.maxCreatorBytes);
  const gateway = connect({
    client: cancellable(client),
    identity: { mspId: mspid, credentials: idBytes },
    // The signer hashes by itself.
    hash: hash.none,
    signer: (message) => Promise.resolve(signer.sign(message)),
  });
  return {
    mspId: peer.mspId,
    endpoint: peer.endpoint,
    evaluate: (proposed, signature, bounds) => gateway.newSignedProposal(proposed, signature).evaluate(callOptions(bounds)),
    endorse: async (proposed, signature, bounds) => (await gateway.newSignedProposal(proposed, signature).endorse(callOptions(bounds))).getBytes(),
    submit: async (prepared, signature, bounds) => {
      await gateway.newSignedTransaction(prepared, signature).submit(callOptions(bounds));
    },
    commitStatus: (request, signature, bounds) => gateway.newSignedCommit(request, signature).getStatus(callOptions(bounds)),
    async *chaincodeEvents(channel, chaincode, startBlock, signal) {
      const events = await gateway.getNetwork(channel).getChaincodeEvents(chaincode, { startBlock });
      const close = (): void => {
        events.close();
      };
      signal.addEventListener('abort', close, { once: true });
      try {
        if (!signal.aborted) yield* events;
      } finally {
        signal.removeEventListener('abort', close);
        close();
      }
    },
    close: () => {
      gateway.close();
      client.close();
    },
  };
}

/** Call options that carry the caller's signal to where the call can be cancelled. */
interface CancellableOptions extends CallOptions {
  readonly signal?: AbortSignal | undefined;
}

function callOptions({ timeoutMs, signal }: FabricBounds): CancellableOptions {
  // gRPC takes deadlines by the wall clock.
  return { deadline: new Date(new Date().getTime() + timeoutMs), signal };
}

/** The gateway library hands out no call to cancel; here each unary call ends with its signal. */
function cancellable(client: Client): GrpcClient {
  const makeUnaryRequest = <I, O>(
    method: string, serialize: (value: I) => Buffer, deserialize: (value: Buffer) => O, argument: I, { signal, ...options }: CancellableOptions, callback: requestCallback<O>,
  ): ClientUnaryCall => {
    const call = client.makeUnaryRequest(method, serialize, deserialize, argument, options, (error, value) => {
      signal?.removeEventListener('abort', abort);
      callback(error, value);
    });
    const abort = (): void => {
      call.cancel();
    };
    if (signal?.aborted === true) call.cancel();
    signal?.addEventListener('abort', abort, { once: true });
    return call;
  };
  return { makeUnaryRequest, makeServerStreamRequest: client.makeServerStreamRequest.bind(client) } as unknown as GrpcClient;
}
