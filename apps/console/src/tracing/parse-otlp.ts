import { SelvedgeError } from '@selvedge/errors';
import { z } from 'zod';

/** A span that a process sent, as far as the console reads it. */
export interface ReceivedSpan {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly side: 'client' | 'server';
  readonly service: string;
  readonly method: string;
  /** OK or a refusal's code. */
  readonly code: string;
  /** Since 1970, by the sender's clock. */
  readonly startMs: number;
  readonly durationMs: number;
}

/** Bytes of one message: a batch of the SDK has 512 spans of some 500 bytes. */
export const MAX_OTLP_BYTES = 1024 * 1024;
const MAX_SPANS = 2_048;
/** Of OTLP, SpanKind. */
const SERVER = 2;
const CLIENT = 3;

const NANOS = z.string().regex(/^[0-9]{1,19}$/);
const span = z.object({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  parentSpanId: z.string().regex(/^[0-9a-f]{16}$/).optional(),
  kind: z.number().int().min(0).max(5),
  startTimeUnixNano: NANOS,
  endTimeUnixNano: NANOS,
  attributes: z.array(z.object({ key: z.string().max(128), value: z.object({ stringValue: z.string().max(128).optional() }) })).max(16),
});
const traces = z.object({ resourceSpans: z.array(z.object({ scopeSpans: z.array(z.object({ spans: z.array(z.unknown()).max(MAX_SPANS) })).max(16) })).max(16) });

/** Names and codes are shown: only plain ones are taken. */
const NAME = /^[A-Za-z][A-Za-z0-9_.]{0,127}$/;

/**
 * Reads spans in OTLP's JSON encoding (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). A span that is no call,
 * or is malformed, is left out. Throws MESSAGE_TOO_LARGE, or MALFORMED_MESSAGE for bytes that are no such message.
 */
export function parseOtlp(body: Uint8Array): ReceivedSpan[] {
  if (body.length > MAX_OTLP_BYTES) throw new SelvedgeError('MESSAGE_TOO_LARGE', `spans: ${String(body.length)} bytes, at most ${String(MAX_OTLP_BYTES)} are taken`, { role: 'console' });
  const parsed = traces.safeParse(parseJson(body));
  if (!parsed.success) throw malformed();
  const spans = parsed.data.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  if (spans.length > MAX_SPANS) throw malformed();
  return spans.flatMap(readSpan);
}

function readSpan(value: unknown): ReceivedSpan[] {
  const { success, data } = span.safeParse(value);
  if (!success || (data.kind !== SERVER && data.kind !== CLIENT)) return [];
  const attribute = (name: string): string => data.attributes.find(({ key }) => key === name)?.value.stringValue ?? '';
  const [service, method, code] = [attribute('rpc.service'), attribute('rpc.method'), attribute('selvedge.code')];
  if (![service, method, code].every((name) => NAME.test(name))) return [];
  const [start, end] = [BigInt(data.startTimeUnixNano), BigInt(data.endTimeUnixNano)];
  if (end < start) return [];
  return [{ traceId: data.traceId, spanId: data.spanId, parentSpanId: data.parentSpanId, side: data.kind === SERVER ? 'server' : 'client', service, method, code, startMs: milliseconds(start), durationMs: milliseconds(end - start) }];
}

const milliseconds = (nanos: bigint): number => Number(nanos / 1_000n) / 1_000;

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown;
  } catch {
    throw malformed();
  }
}

const malformed = (): SelvedgeError => new SelvedgeError('MALFORMED_MESSAGE', 'spans: not OTLP in JSON, or more than is taken', { role: 'console' });
