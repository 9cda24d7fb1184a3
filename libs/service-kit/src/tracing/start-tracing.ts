import { context, trace } from '@opentelemetry/api';
import type { ExportResultCode } from '@opentelemetry/core';
import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import { SelvedgeError } from '@selvedge/errors';
import { encodeSpans } from './otlp.js';
import type { TracingSettings } from './settings.js';

/** Spans of this process. */
export interface Tracing {
  /** Sends what is left. Does not reject. */
  close(): Promise<void>;
}

const EXPORT_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 2_000;

/**
 * Registers OpenTelemetry's SDK where settings say where spans go; otherwise nothing is loaded, and OpenTelemetry's API
 * records nothing. The SDK is part of a service's bundle and so of what a TEE measures, whether it is used or not.
 * @param onFailure told of spans that could not be sent: they are dropped
 */
export async function startTracing(settings: TracingSettings | undefined, role: string, onFailure: (error: unknown) => void): Promise<Tracing> {
  if (settings === undefined) return { close: () => Promise.resolve() };
  const { BasicTracerProvider, BatchSpanProcessor } = await import('@opentelemetry/sdk-trace-base');
  const { ExportResultCode } = await import('@opentelemetry/core');
  const { AsyncLocalStorageContextManager } = await import('@opentelemetry/context-async-hooks');
  const resource = { 'service.name': settings.serviceName ?? `selvedge-${role}`, 'service.namespace': 'selvedge' };
  const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(createExporter(settings, { resource, onFailure, results: ExportResultCode }))] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  return {
    close: async () => {
      trace.disable();
      context.disable();
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_TIMEOUT_MS)));
      await Promise.race([provider.shutdown().catch(onFailure), patience]);
      clearTimeout(timer);
    },
  };
}

/** The ids of the span that runs, for lines of the log; none where no tracing is configured. */
export function currentTrace(): { readonly trace_id?: string; readonly span_id?: string } {
  const span = trace.getActiveSpan()?.spanContext();
  return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
}

/** Sends spans by OTLP over HTTP, in JSON. Nothing of the answer is read but its status. */
function createExporter(
  { endpoint, headers }: TracingSettings,
  { resource, onFailure, results }: { readonly resource: Readonly<Record<string, string>>; readonly onFailure: (error: unknown) => void; readonly results: typeof ExportResultCode },
): SpanExporter {
  const send = async (body: string): Promise<void> => {
    const answer = await fetch(endpoint, { method: 'POST', redirect: 'error', headers: { ...headers, 'content-type': 'application/json' }, body, signal: AbortSignal.timeout(EXPORT_TIMEOUT_MS) });
    await answer.body?.cancel();
    if (!answer.ok) throw new SelvedgeError('UNAVAILABLE', `the collector of spans answered ${String(answer.status)}`);
  };
  return {
    export: (spans, done) => {
      send(encodeSpans(spans, resource)).then(
        () => { done({ code: results.SUCCESS }); },
        (error: unknown) => {
          onFailure(error);
          done({ code: results.FAILED });
        },
      );
    },
    shutdown: () => Promise.resolve(),
  };
}
