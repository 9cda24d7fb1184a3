import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { encodeSpans } from './otlp.js';

const CANARY = 'canary-4711';

describe('spans, as they leave the process', () => {
  const exporter = new InMemorySpanExporter();
  const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer('test');

  it('hold ids, times, kind and the attributes of the list', () => {
    tracer.startSpan('s/m', { kind: SpanKind.SERVER, startTime: [1, 5], attributes: { 'rpc.method': 'm', 'selvedge.code': 'OK' } }).end([2, 0]);
    const span = exporter.getFinishedSpans().at(-1)!;
    const { traceId, spanId, traceFlags } = span.spanContext();
    expect(traceFlags).toBe(TraceFlags.SAMPLED);
    expect(JSON.parse(encodeSpans([span], { 'service.name': 'n' }))).toEqual({
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'n' } }] },
          scopeSpans: [
            {
              scope: { name: '@selvedge/rpc' },
              spans: [
                {
                  traceId, spanId, name: 's/m', kind: 2, startTimeUnixNano: '1000000005', endTimeUnixNano: '2000000000', status: {},
                  attributes: [{ key: 'rpc.method', value: { stringValue: 'm' } }, { key: 'selvedge.code', value: { stringValue: 'OK' } }],
                },
              ],
            },
          ],
        },
      ],
    });
  });

  it('hold nothing else, whatever somebody put into a span', () => {
    const span = tracer.startSpan('s/m', { attributes: { key: CANARY, 'rpc.method': ['m', CANARY], 'rpc.service': 's'.repeat(200) + CANARY } });
    span.addEvent(CANARY, { a: CANARY }).recordException(new Error(CANARY));
    span.setStatus({ code: SpanStatusCode.ERROR, message: CANARY });
    span.end();
    const text = encodeSpans(exporter.getFinishedSpans(), {});
    expect(text).toContain('"status":{"code":2}');
    expect(text).not.toContain(CANARY);
  });
});
