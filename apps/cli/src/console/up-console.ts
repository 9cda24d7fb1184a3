import type { RunningConsole, SpanReceiver } from '@selvedge/console';
import type { CommandContext } from '../context.js';
import { runConsole } from './run-console.js';

/** The console of a network that this process is about to start. */
export interface UpConsole {
  /** Environment of a process of the network, by name: it sends the spans of requests that the console follows, and no others. */
  environmentOf(node: string): Readonly<Record<string, string>>;
  /** Once the network runs; resolves with scheme://host:port. */
  start(): Promise<string>;
  close(): Promise<void>;
}

/** Who follows requests waits for their spans. */
const SPAN_DELAY_MS = 200;

/** Rejects with INVALID_CONFIGURATION for an address that is none, or is not of loopback. */
export async function openUpConsole(context: CommandContext, listen: string): Promise<UpConsole> {
  const { createSpanStore, parseListenAddress, startSpanReceiver } = await import('@selvedge/console');
  parseListenAddress({ listen });
  const spans = createSpanStore();
  // Whoever has a collector of their own keeps it.
  const hasCollector = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_TRACES_EXPORTER'].some((name) => process.env[name] !== undefined);
  const receiver: SpanReceiver | undefined = hasCollector ? undefined : await startSpanReceiver(spans);
  let running: RunningConsole | undefined;
  return {
    environmentOf: (node) =>
      receiver === undefined ? {} : { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: receiver.endpoint(node), OTEL_TRACES_SAMPLER: 'parentbased_always_off', OTEL_BSP_SCHEDULE_DELAY: String(SPAN_DELAY_MS) },
    async start() {
      running = await runConsole(context, { listen }, spans);
      return running.origin;
    },
    async close() {
      await running?.close();
      running = undefined;
      await receiver?.close();
    },
  };
}
