import { context, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AlwaysOffSampler, AlwaysOnSampler, BasicTracerProvider, ParentBasedSampler, SamplingDecision, type ReadableSpan, type Sampler, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { SpanStore } from './span-store.js';

/** Spans of the console's own process: it is the client of the requests that are followed. */
export interface OwnSpans {
  /** Runs a request under a trace of its own; its calls, and those that they lead to, are spans of it. */
  traced<T>(run: (traceId: string) => Promise<T>): Promise<T>;
  close(): void;
}

/** Name under which the console's own spans stand beside those of nodes. */
export const OWN_NODE = 'client';
const ROOT = 'request';

/** Registers OpenTelemetry's SDK in this process; where another one is registered already, that one stays and the console's spans are among its own. */
export function recordOwnSpans(store: SpanStore): OwnSpans {
  const provider = new BasicTracerProvider({ sampler: sampleFollowed(), spanProcessors: [handTo(store)] });
  const isManaged = context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const isProvided = trace.setGlobalTracerProvider(provider);
  const tracer = provider.getTracer('@selvedge/console');
  return {
    traced: (run) =>
      tracer.startActiveSpan(ROOT, { kind: SpanKind.INTERNAL, root: true }, async (span) => {
        try {
          return await run(span.spanContext().traceId);
        } finally {
          span.end();
        }
      }),
    close() {
      if (isProvided) trace.disable();
      if (isManaged) context.disable();
    },
  };
}

/** Requests that are followed, and what belongs to them: the console's own looking around is no trace. */
function sampleFollowed(): Sampler {
  const [on, off] = [new AlwaysOnSampler(), new AlwaysOffSampler()];
  const root: Sampler = { shouldSample: (_context, _traceId, name) => (name === ROOT ? on.shouldSample() : { decision: SamplingDecision.NOT_RECORD }), toString: () => 'followed' };
  return new ParentBasedSampler({ root, remoteParentNotSampled: off });
}

function handTo(store: SpanStore): SpanProcessor {
  return {
    onStart: () => undefined,
    onEnd: (span) => {
      if (span.kind === SpanKind.CLIENT) store.add(OWN_NODE, [received(span)]);
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}

function received(span: ReadableSpan) {
  const { traceId, spanId } = span.spanContext();
  const attribute = (name: string): string => {
    const value = span.attributes[name];
    return typeof value === 'string' ? value : '';
  };
  return {
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    side: 'client' as const,
    service: attribute('rpc.service'),
    method: attribute('rpc.method'),
    code: attribute('selvedge.code'),
    startMs: milliseconds(span.startTime),
    durationMs: milliseconds(span.duration),
  };
}

const milliseconds = ([seconds, nanos]: readonly [number, number]): number => seconds * 1_000 + nanos / 1_000_000;
