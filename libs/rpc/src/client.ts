import { Client, connectivityState, Metadata, type ServiceError } from '@grpc/grpc-js';
import { create, type DescMethodServerStreaming, type DescMethodUnary, type DescService, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { LIMITS } from '@selvedge/protocol';
import { channelSecurity } from './credentials.js';
import { methodDefinition } from './definition.js';
import { fromServiceError } from './status.js';
import { verifyTlsSetting, type TlsSetting } from './tls.js';
import { traceClientCall } from './tracing.js';

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

/** How a peer is reached. */
export interface ConnectRpcOptions {
  /** What this side shows and trusts; 'off' for plaintext within this machine. */
  readonly tls: TlsSetting;
  readonly maxMessageBytes?: number;
  /** How long a stream waits for TCP, TLS and HTTP/2 to be up; unary calls have a time limit of their own. Default 20,000. */
  readonly connectTimeoutMs?: number;
  /** How often a peer that owes an answer is pinged; one that leaves pings unanswered for twice as long is gone. Default 5,000. */
  readonly keepaliveMs?: number;
}

/** What the calls of one connection have in common. */
interface Line {
  readonly channel: Client;
  readonly address: string;
  readonly maxBytes: number;
  readonly connectTimeoutMs: number;
  readonly refusalOf: (error: ServiceError) => SelvedgeError;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_CONNECT_TIMEOUT_MS = 20_000;
const DEFAULT_KEEPALIVE_MS = 5_000;
/** Of intervals between pings: long enough for a peer that is only busy. */
const KEEPALIVE_PATIENCE = 2;

/**
 * Opens a connection lazily; nothing is sent before the first call. Calls throw TLS_REFUSED when the two sides do not
 * accept each other's certificates, and UNAVAILABLE when the peer cannot be reached or closes without a word.
 * Throws INVALID_CONFIGURATION when the TLS setting is missing, broken, or 'off' for another machine.
 */
export function connectRpc(address: string, options: ConnectRpcOptions): RpcConnection {
  const { tls, maxMessageBytes: maxBytes = LIMITS.maxMessageBytes, connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS, keepaliveMs = DEFAULT_KEEPALIVE_MS } = options;
  verifyTlsSetting(address, tls);
  const security = channelSecurity(address, tls);
  const channel = new Client(address, security.credentials, {
    ...security.options,
    'grpc.max_receive_message_length': maxBytes,
    'grpc.max_send_message_length': -1,
    // Peers restart: find them again quickly.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
    'grpc.use_local_subchannel_pool': 1,
    // Node's HTTP/2 does not notice the end of a peer that dies while calls are being cancelled (nodejs/node issue 61304), and nobody
    // notices a network that has fallen silent: calls would wait on that connection for as long as there are any.
    'grpc.keepalive_time_ms': keepaliveMs,
    'grpc.keepalive_timeout_ms': KEEPALIVE_PATIENCE * keepaliveMs,
    // Callers repeat what may be repeated; buffering every message for a transparent retry costs CPU on every call.
    'grpc.enable_retries': 0,
    'grpc.enable_channelz': 0,
  });
  const refusalOf = (error: ServiceError): SelvedgeError => fromServiceError(error, address, tls);
  const line: Line = { channel, address, maxBytes, connectTimeoutMs, refusalOf };
  return {
    address,
    client: <S extends DescService>(service: S) =>
      Object.fromEntries(
        service.methods.map((method) => [
          method.localName,
          method.methodKind === 'unary' ? unaryCall(line, service, method as DescMethodUnary) : streamCall(line, service, method as DescMethodServerStreaming),
        ]),
      ) as RpcClient<S>,
    close: () => {
      channel.close();
    },
  };
}

function unaryCall({ channel, address, maxBytes, refusalOf }: Line, service: DescService, method: DescMethodUnary) {
  const definition = methodDefinition(service, method, maxBytes);
  return (request: MessageInitShape<typeof method.input>, options: CallOptions = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (options.signal?.aborted === true) {
        reject(new SelvedgeError('CANCELLED', `call to ${address} was cancelled`));
        return;
      }
      const metadata = new Metadata();
      const span = traceClientCall({ service: service.typeName, method: method.name }, metadata);
      const deadline = Date.now() + (options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
      const abort = (): void => {
        call.cancel();
      };
      const call = channel.makeUnaryRequest(
        definition.path,
        definition.requestSerialize,
        definition.responseDeserialize,
        create(method.input, request),
        metadata,
        { deadline },
        (error, response) => {
          options.signal?.removeEventListener('abort', abort);
          const failure = response instanceof Error ? response : error === null ? undefined : refusalOf(error);
          span.end(failure);
          if (failure === undefined) resolve(response);
          else reject(failure);
        },
      );
      options.signal?.addEventListener('abort', abort, { once: true });
    });
}

function streamCall({ channel, address, maxBytes, connectTimeoutMs, refusalOf }: Line, service: DescService, method: DescMethodServerStreaming) {
  const definition = methodDefinition(service, method, maxBytes);
  return async function* (request: MessageInitShape<typeof method.input>, options: { signal?: AbortSignal } = {}): AsyncGenerator {
    const metadata = new Metadata();
    const span = traceClientCall({ service: service.typeName, method: method.name }, metadata);
    let failure: SelvedgeError | undefined;
    const call = channel.makeServerStreamRequest(
      definition.path,
      definition.requestSerialize,
      definition.responseDeserialize,
      create(method.input, request),
      metadata,
    );
    const abort = (): void => {
      call.cancel();
    };
    options.signal?.addEventListener('abort', abort, { once: true });
    // A peer that takes the connection and says nothing would be waited for without end.
    const peer = { isSilent: false };
    const patience = setTimeout(() => {
      peer.isSilent = channel.getChannel().getConnectivityState(false) !== connectivityState.READY;
      if (peer.isSilent) call.cancel();
    }, connectTimeoutMs);
    try {
      for await (const message of call) {
        if (message instanceof Error) throw message;
        yield message;
      }
    } catch (error) {
      if (isSelvedgeError(error)) failure = error;
      else if (peer.isSilent) failure = new SelvedgeError('TIMEOUT', `no connection to ${address} within ${String(connectTimeoutMs)} ms: it takes it and says nothing`, { details: { peer: address } });
      else failure = refusalOf(error as ServiceError);
      throw failure;
    } finally {
      span.end(failure);
      clearTimeout(patience);
      options.signal?.removeEventListener('abort', abort);
      call.cancel();
    }
  };
}
