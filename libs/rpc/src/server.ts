import { Server, type handleServerStreamingCall, type handleUnaryCall } from '@grpc/grpc-js';
import type { DescMethodServerStreaming, DescMethodUnary, DescService, MessageShape } from '@bufbuild/protobuf';
import { SelvedgeError, withRole, type RoleName } from '@selvedge/errors';
import { LIMITS } from '@selvedge/protocol';
import { serverCredentials } from './credentials.js';
import { serviceDefinition } from './definition.js';
import { toServiceError } from './status.js';
import { logTlsRefusals, type RpcLog } from './tls-refusals.js';
import { verifyTlsSetting, type TlsSetting } from './tls.js';
import { traceServerCall, type CallSpan } from './tracing.js';

/** What a handler learns about its call. */
export interface CallContext {
  /** Aborted when the caller goes away or its deadline passes. */
  readonly signal: AbortSignal;
  readonly peer: string;
}

/** Implementation of a protobuf service: a promise per unary call, an async iterable per server stream. */
export type Handlers<S extends DescService> = {
  [K in keyof S['method']]: S['method'][K] extends DescMethodUnary<infer I, infer O>
    ? (request: MessageShape<I>, context: CallContext) => Promise<MessageShape<O>>
    : S['method'][K] extends DescMethodServerStreaming<infer I, infer O>
      ? (request: MessageShape<I>, context: CallContext) => AsyncIterable<MessageShape<O>>
      : never;
};

interface Registration {
  readonly service: DescService;
  readonly handlers: Record<string, (request: never, context: CallContext) => unknown>;
}

/** Pairs a service with its handlers, checked by the compiler. */
export function implement<S extends DescService>(service: S, handlers: Handlers<S>): Registration {
  return { service, handlers: handlers };
}

/** Told that a call has come; what it returns is told of its end: a refusal code, or OK. Sees no message. */
export type RpcObserver = (call: { readonly service: string; readonly method: string; readonly isStream: boolean }) => (code: string) => void;

export interface RpcServerOptions {
  readonly role: RoleName;
  /** host:port or unix:path; port 0 lets the system choose. */
  readonly address: string;
  readonly services: readonly Registration[];
  /** What this server shows, and whose certificates callers must show; 'off' for plaintext within this machine. */
  readonly tls: TlsSetting;
  readonly maxMessageBytes?: number;
  /** Told of every connection that TLS turns away. */
  readonly log?: RpcLog | undefined;
  /** Told of every call, for metrics. */
  readonly onCall?: RpcObserver | undefined;
}

export interface RpcServer {
  /** The address to dial, with the real port. */
  readonly address: string;
  /** Refuses new calls, waits for running ones up to the limit, then cuts. */
  close(graceMs?: number): Promise<void>;
}

/**
 * Starts a gRPC server. Rejects with INVALID_CONFIGURATION when the address cannot be bound, or the TLS setting is
 * missing, broken, or 'off' for an address that other machines reach.
 */
export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  verifyTlsSetting(options.address, options.tls);
  const maxBytes = options.maxMessageBytes ?? LIMITS.maxMessageBytes;
  const server = new Server({
    'grpc.max_receive_message_length': maxBytes,
    'grpc.max_send_message_length': -1,
    // Introspection that nobody reads costs CPU on every call.
    'grpc.enable_channelz': 0,
  });
  for (const { service, handlers } of options.services) {
    const implementation = Object.fromEntries(
      service.methods.map((method) => {
        const handler = handlers[method.localName];
        if (handler === undefined) throw new SelvedgeError('INTERNAL', `no handler for ${method.name}`);
        const isStream = method.methodKind !== 'unary';
        const observe: Observe = (metadata) => {
          const names = { service: service.typeName, method: method.name };
          const ended = options.onCall?.({ ...names, isStream });
          const span = traceServerCall(names, metadata);
          return {
            run: (action) => span.run(action),
            end(error) {
              ended?.(error === undefined ? OK : withRole(error, options.role).code);
              span.end(error);
            },
          };
        };
        return [method.localName, isStream ? serverStream(handler, options.role, observe) : unary(handler, options.role, observe)];
      }),
    );
    server.addService(serviceDefinition(service, maxBytes), implementation);
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(options.address, serverCredentials(options.tls), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(new SelvedgeError('INVALID_CONFIGURATION', `cannot listen on ${options.address}`, { role: options.role, cause: error }));
    });
  });
  if (options.tls !== 'off' && options.log !== undefined) logTlsRefusals(server, options.log, options.tls);
  const address = options.address.startsWith('unix:') ? options.address : options.address.replace(/:\d+$/, `:${String(port)}`);
  return {
    address,
    close: (graceMs = 2_000) =>
      new Promise<void>((resolve) => {
        const timer = setTimeout(() => {
          server.forceShutdown();
          resolve();
        }, graceMs);
        server.tryShutdown(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}

type AnyHandler = (request: never, context: CallContext) => unknown;
/** Of one call: what its handler runs in, and who is told of its end. */
type Observe = (metadata: Parameters<typeof traceServerCall>[1]) => CallSpan;

const OK = 'OK';

function unary(handler: AnyHandler, role: RoleName, observe: Observe): handleUnaryCall<unknown, unknown> {
  return (call, callback) => {
    const observed = observe(call.metadata);
    const controller = new AbortController();
    let isAnswered = false;
    // grpc-js says so at the end of every call: after an answer nobody listens, and an abort would cost an exception.
    call.on('cancelled', () => {
      if (!isAnswered) controller.abort();
    });
    const run = async (): Promise<unknown> => {
      if (call.request instanceof Error) throw call.request;
      return await (handler(call.request as never, { signal: controller.signal, peer: call.getPeer() }));
    };
    observed.run(run).then(
      (response) => {
        isAnswered = true;
        observed.end();
        callback(null, response);
      },
      (error: unknown) => {
        isAnswered = true;
        observed.end(error);
        callback(toServiceError(error, role));
      },
    );
  };
}

function serverStream(handler: AnyHandler, role: RoleName, observe: Observe): handleServerStreamingCall<unknown, unknown> {
  return (call) => {
    const observed = observe(call.metadata);
    const controller = new AbortController();
    call.on('cancelled', () => {
      controller.abort();
    });
    const run = async (): Promise<void> => {
      if (call.request instanceof Error) throw call.request;
      const stream = handler(call.request as never, { signal: controller.signal, peer: call.getPeer() }) as AsyncIterable<unknown>;
      for await (const message of stream) {
        if (controller.signal.aborted) return;
        if (!call.write(message)) {
          await new Promise<void>((resolve) => {
            const done = (): void => {
              call.off('drain', done);
              controller.signal.removeEventListener('abort', done);
              resolve();
            };
            call.once('drain', done);
            controller.signal.addEventListener('abort', done, { once: true });
          });
        }
      }
      call.end();
    };
    observed.run(run).then(
      () => {
        observed.end();
      },
      (error: unknown) => {
        observed.end(error);
        call.emit('error', toServiceError(error, role));
      },
    );
  };
}
