import { SpanStatusCode, type AttributeValue } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** Attributes that leave the process; all others stay, whoever set them. */
const EXPORTED = ['rpc.system', 'rpc.service', 'rpc.method', 'selvedge.code'] as const;
const MAX_TEXT = 128;

/** A span of OTLP's JSON encoding (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). */
export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly status: { readonly code?: number };
}

export interface OtlpAttribute {
  readonly key: string;
  readonly value: { readonly stringValue: string };
}

/** What a process tells of its spans: ids, times, method and code. No events, links, messages or other attributes. */
export function encodeSpans(spans: readonly ReadableSpan[], resource: Readonly<Record<string, string>>): string {
  return JSON.stringify({
    resourceSpans: [{ resource: { attributes: attributesOf(Object.entries(resource)) }, scopeSpans: [{ scope: { name: '@selvedge/rpc' }, spans: spans.map(encodeSpan) }] }],
  });
}

function encodeSpan(span: ReadableSpan): OtlpSpan {
  const { traceId, spanId } = span.spanContext();
  const parent = span.parentSpanContext?.spanId;
  return {
    traceId,
    spanId,
    ...(parent === undefined ? {} : { parentSpanId: parent }),
    name: span.name.slice(0, MAX_TEXT),
    // OTLP counts kinds from 1 for internal.
    kind: span.kind + 1,
    startTimeUnixNano: nanoseconds(span.startTime),
    endTimeUnixNano: nanoseconds(span.endTime),
    attributes: attributesOf(EXPORTED.flatMap((key): [string, AttributeValue | undefined][] => (Object.hasOwn(span.attributes, key) ? [[key, span.attributes[key]]] : []))),
    status: span.status.code === SpanStatusCode.UNSET ? {} : { code: span.status.code },
  };
}

const nanoseconds = ([seconds, nanos]: readonly [number, number]): string => String(BigInt(seconds) * 1_000_000_000n + BigInt(nanos));

function attributesOf(entries: readonly (readonly [string, unknown])[]): OtlpAttribute[] {
  return entries.flatMap(([key, value]) => (typeof value === 'string' ? [{ key, value: { stringValue: value.slice(0, MAX_TEXT) } }] : []));
}
