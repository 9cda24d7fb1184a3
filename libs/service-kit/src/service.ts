import { pino, type Logger } from 'pino';
import type { ZodType } from 'zod';
import { withRole } from '@selvedge/errors';
import { createCheckpoint, type Checkpoint } from './checkpoint.js';
import { loadConfig, readEnvironment } from './config.js';
import { failureText } from './failure-text.js';
import { currentTrace, startTracing } from './tracing/start-tracing.js';
import { createMonitor, startMonitoringServer, type Monitor, type MonitoredRole, type MonitoringConfig } from './monitoring/index.js';

/** What a service's start function gets. */
export interface ServiceContext<C> {
  readonly config: C;
  readonly logger: Logger;
  readonly checkpoint: Checkpoint;
  /** What Node itself runs with: options of the command line and of NODE_OPTIONS. */
  readonly nodeOptions: readonly string[];
  /** Aborted on SIGTERM and SIGINT. */
  readonly signal: AbortSignal;
  /** What it counts, and when it is ready. Beside the service's own checks stand that it has started, and that it is not stopping. */
  readonly monitor: Monitor;
}

/** What it gives back: where it listens and how it stops. */
export interface RunningService {
  readonly address: string;
  close(): Promise<void>;
}

export interface ServiceDefinition<C> {
  readonly role: MonitoredRole;
  readonly config: ZodType<C>;
  start(context: ServiceContext<C>): Promise<RunningService>;
}

/**
 * Runs a service until SIGTERM or SIGINT. One JSON line `{"ready":true,"address":…}` goes to standard output when it
 * listens, with `monitoring` beside it where it serves /metrics, /healthz and /readyz; logs go to standard error. Exit
 * code 0 after an orderly stop, 1 when it cannot start.
 */
export async function runService<C extends object>(definition: ServiceDefinition<C>): Promise<void> {
  const environment = readEnvironment(process.env);
  const logger = pino({ level: environment.logLevel, base: { role: definition.role }, timestamp: pino.stdTimeFunctions.isoTime, mixin: currentTrace }, pino.destination({ dest: 2, sync: true }));
  // Node's own handler would open an inspector.
  process.on('SIGUSR1', () => undefined);
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => {
      stop.abort();
    });
  }
  try {
    const config = loadConfig(definition.config, environment.configFile);
    const monitor = createMonitor(definition.role);
    const tracing = await startTracing(environment.tracing, definition.role, (error) => {
      logger.warn(failureText(error), 'spans were not taken');
    });
    // A process of a test may have no such section.
    const { monitoring: section } = config as { readonly monitoring?: MonitoringConfig };
    const monitoring = section === undefined ? undefined : await startMonitoringServer({ listen: section.listen, ...monitor });
    stop.signal.addEventListener('abort', () => {
      monitor.readiness.drain();
    });
    const service = await definition.start({
      config,
      logger,
      checkpoint: createCheckpoint(environment),
      nodeOptions: [...process.execArgv, ...environment.nodeOptions],
      signal: stop.signal,
      monitor,
    });
    monitor.readiness.require('started', () => undefined);
    process.stdout.write(`${JSON.stringify({ ready: true, role: definition.role, address: service.address, monitoring: monitoring?.address })}\n`);
    if (!stop.signal.aborted) {
      await new Promise<void>((resolve) => {
        stop.signal.addEventListener('abort', () => {
          resolve();
        });
      });
    }
    await service.close();
    await Promise.all([tracing.close(), monitoring?.close()]);
    process.exit(0);
  } catch (error) {
    const refusal = withRole(error, definition.role);
    logger.error({ code: refusal.code, action: refusal.action }, refusal.message);
    if (refusal.code === 'INTERNAL' && refusal.cause instanceof Error) logger.error({ stack: refusal.cause.stack }, 'cause');
    process.exit(1);
  }
}
