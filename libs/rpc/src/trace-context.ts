import { isSpanContextValid, TraceFlags, type SpanContext } from '@opentelemetry/api';

/** Metadata key of W3C Trace Context (https://www.w3.org/TR/trace-context/, section 3.2). */
export const TRACEPARENT = 'traceparent';

const VERSION_00 = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/**
 * The caller's span, from the values of its `traceparent`. undefined when there is not exactly one of version 00: a caller
 * is believed on nothing else, and tracestate and baggage are not taken, since they carry whatever somebody puts into them.
 */
export function parseTraceparent(values: readonly (string | Uint8Array)[]): SpanContext | undefined {
  const [value, another] = values;
  if (typeof value !== 'string' || another !== undefined) return undefined;
  const [, traceId, spanId, flags] = VERSION_00.exec(value) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const context: SpanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
  // Ids of zeros only are none.
  return isSpanContextValid(context) ? context : undefined;
}

/** The value for a call under this span; undefined when there is none, as where no tracing is configured. */
export function formatTraceparent(context: SpanContext | undefined): string | undefined {
  if (context === undefined || !isSpanContextValid(context)) return undefined;
  return `00-${context.traceId}-${context.spanId}-0${String(context.traceFlags & TraceFlags.SAMPLED)}`;
}
