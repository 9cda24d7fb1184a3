import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { create, type DescMethodServerStreaming, type DescMethodUnary, type DescService, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { LIMITS } from '@selvedge/protocol';
import { methodDefinition } from './definition.js';
import { fromServiceError } from './status.js';

export interface CallOptions {
  /** Default 30,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Client side of a protobuf service: a promise per unary call, an async iterable per server stream. */
export type RpcClient<S extends DescService> = {
  [K in keyof S['method']]: S['method'][K] extends DescMethodUnary<infer I, infer O>
    ? (request: MessageInitShape<I>, options?: CallOptions) => Promise<MessageShape<O>>
    : S['method'][K] extends DescMethodServerStreaming<infer I, infer O>
      ? (request: MessageInitShape<I>, options?: { signal?: AbortSignal }) => AsyncIterable<MessageShape<O>>
      : never;
};

/** One connection to a peer, shared by all services of that peer. */
export interface RpcConnection {
  readonly address: string;
  client<S extends DescService>(service: S): RpcClient<S>;
  close(): void;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/** Opens a connection lazily; nothing is sent before the first call. */
export function connectRpc(address: string, options: { maxMessageBytes?: number } = {}): RpcConnection {
  const maxBytes = options.maxMessageBytes ?? LIMITS.maxMessageBytes;
  const channel = new Client(address, credentials.createInsecure(), {
    'grpc.max_receive_message_length': maxBytes,
    'grpc.max_send_message_length': -1,
    // Peers restart: find them again quickly.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
    'grpc.use_local_subchannel_pool': 1,
    // Callers repeat what may be repeated; buffering every message for a transparent retry costs CPU on every call.
    'grpc.enable_retries': 0,
    'grpc.enable_channelz': 0,
  });
  return {
    address,
    client: <S extends DescService>(service: S) =>
      Object.fromEntries(
        service.methods.map((method) => [
          method.localName,
          method.methodKind === 'unary' ? unaryCall(channel, address, service, method as DescMethodUnary, maxBytes) : streamCall(channel, address, service, method as DescMethodServerStreaming, maxBytes),
        ]),
      ) as RpcClient<S>,
    close: () => {
      channel.close();
    },
  };
}

function unaryCall(channel: Client, address: string, service: DescService, method: DescMethodUnary, maxBytes: number) {
  const definition = methodDefinition(service, method, maxBytes);
  return (request: MessageInitShape<typeof method.input>, options: CallOptions = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (options.signal?.aborted === true) {
        reject(new SelvedgeError('CANCELLED', `call to ${address} was cancelled`));
        return;
      }
      const deadline = Date.now() + (options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
      const abort = (): void => {
        call.cancel();
      };
      const call = channel.makeUnaryRequest(
        definition.path,
        definition.requestSerialize,
        definition.responseDeserialize,
        create(method.input, request),
        new Metadata(),
        { deadline },
        (error, response) => {
          options.signal?.removeEventListener('abort', abort);
          if (response instanceof Error) reject(response);
          else if (error === null) resolve(response);
          else reject(fromServiceError(error, address));
        },
      );
      options.signal?.addEventListener('abort', abort, { once: true });
    });
}

function streamCall(channel: Client, address: string, service: DescService, method: DescMethodServerStreaming, maxBytes: number) {
  const definition = methodDefinition(service, method, maxBytes);
  return async function* (request: MessageInitShape<typeof method.input>, options: { signal?: AbortSignal } = {}): AsyncGenerator {
    const call = channel.makeServerStreamRequest(
      definition.path,
      definition.requestSerialize,
      definition.responseDeserialize,
      create(method.input, request),
      new Metadata(),
    );
    const abort = (): void => {
      call.cancel();
    };
    options.signal?.addEventListener('abort', abort, { once: true });
    try {
      for await (const message of call) {
        if (message instanceof Error) throw message;
        yield message;
      }
    } catch (error) {
      if (isSelvedgeError(error)) throw error;
      throw fromServiceError(error as Parameters<typeof fromServiceError>[0], address);
    } finally {
      options.signal?.removeEventListener('abort', abort);
      call.cancel();
    }
  };
}
