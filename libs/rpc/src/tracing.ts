import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context, type Span } from '@opentelemetry/api';
import type { Metadata } from '@grpc/grpc-js';
import { isSelvedgeError } from '@selvedge/errors';
import { formatTraceparent, parseTraceparent, TRACEPARENT } from './trace-context.js';

/** One method of a protobuf service, by its names. */
export interface TracedCall {
  readonly service: string;
  readonly method: string;
}

/** A call's span; nothing is recorded where no tracing is configured. */
export interface CallSpan {
  /** Runs what belongs to the call, so that its own calls hang below. */
  run<T>(action: () => T): T;
  /** @param error undefined: the call succeeded. Its code is all that is recorded of it. */
  end(error?: unknown): void;
}

/** Follows whatever provider the process registers, before or after. */
const tracer = trace.getTracer('@selvedge/rpc');
const OK = 'OK';

/** Begins the span of a call to a peer, below the current one, and puts it into the call's metadata. */
export function traceClientCall(call: TracedCall, metadata: Metadata): CallSpan {
  const span = begin(call, SpanKind.CLIENT, context.active());
  const traceparent = formatTraceparent(span.spanContext());
  if (traceparent !== undefined) metadata.set(TRACEPARENT, traceparent);
  return callSpan(span);
}

/** Begins the span of a call that came, below the one that its metadata names. */
export function traceServerCall(call: TracedCall, metadata: Metadata): CallSpan {
  const caller = parseTraceparent(metadata.get(TRACEPARENT));
  return callSpan(begin(call, SpanKind.SERVER, caller === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, caller)));
}

/** What a span says: the method, and by its end the code. No message, no peer's text, nothing of its content. */
function begin({ service, method }: TracedCall, kind: SpanKind, parent: Context): Span {
  return tracer.startSpan(`${service}/${method}`, { kind, attributes: { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': method } }, parent);
}

function callSpan(span: Span): CallSpan {
  return {
    run: (action) => context.with(trace.setSpan(context.active(), span), action),
    end(error) {
      const code = error === undefined ? OK : isSelvedgeError(error) ? error.code : 'INTERNAL';
      span.setAttribute('selvedge.code', code);
      if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}
