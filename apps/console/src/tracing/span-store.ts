import type { ReceivedSpan } from './parse-otlp.js';

/** A span, and the process that sent it. */
export interface SourcedSpan extends ReceivedSpan {
  readonly node: string;
}

/** Hands spans of the traces that somebody follows to them; keeps nothing else. */
export interface SpanStore {
  /** @param node that sends them */
  add(node: string, spans: readonly ReceivedSpan[]): void;
  /** Calls back for each span of a trace, once, up to a bound. The function that it gives ends that. */
  follow(traceId: string, onSpan: (span: SourcedSpan) => void): () => void;
}

const MAX_FOLLOWED = 256;
const MAX_SPANS_OF_TRACE = 512;

export function createSpanStore(): SpanStore {
  const followed = new Map<string, { readonly seen: Set<string>; readonly onSpan: (span: SourcedSpan) => void }>();
  return {
    add(node, spans) {
      for (const span of spans) {
        const trace = followed.get(span.traceId);
        // What is sent again, since its sender saw no answer, is shown once.
        if (trace === undefined || trace.seen.has(span.spanId) || trace.seen.size >= MAX_SPANS_OF_TRACE) continue;
        trace.seen.add(span.spanId);
        trace.onSpan({ ...span, node });
      }
    },
    follow(traceId, onSpan) {
      const [oldest] = followed.keys();
      if (oldest !== undefined && followed.size >= MAX_FOLLOWED) followed.delete(oldest);
      const own = { seen: new Set<string>(), onSpan };
      followed.set(traceId, own);
      return () => {
        if (followed.get(traceId) === own) followed.delete(traceId);
      };
    },
  };
}
