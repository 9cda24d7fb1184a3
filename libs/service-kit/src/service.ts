import { pino, type Logger } from 'pino';
import type { ZodType } from 'zod';
import { withRole, type RoleName } from '@selvedge/errors';
import { createCheckpoint, type Checkpoint } from './checkpoint.js';
import { loadConfig, readEnvironment } from './config.js';

/** What a service's start function gets. */
export interface ServiceContext<C> {
  readonly config: C;
  readonly logger: Logger;
  readonly checkpoint: Checkpoint;
  /** What Node itself runs with: options of the command line and of NODE_OPTIONS. */
  readonly nodeOptions: readonly string[];
  /** Aborted on SIGTERM and SIGINT. */
  readonly signal: AbortSignal;
}

/** What it gives back: where it listens and how it stops. */
export interface RunningService {
  readonly address: string;
  close(): Promise<void>;
}

export interface ServiceDefinition<C> {
  readonly role: RoleName;
  readonly config: ZodType<C>;
  start(context: ServiceContext<C>): Promise<RunningService>;
}

/**
 * Runs a service until SIGTERM or SIGINT. One JSON line `{"ready":true,"address":…}` goes to standard output when it
 * listens; logs go to standard error. Exit code 0 after an orderly stop, 1 when it cannot start.
 */
export async function runService<C>(definition: ServiceDefinition<C>): Promise<void> {
  const environment = readEnvironment(process.env);
  const logger = pino({ level: environment.logLevel, base: { role: definition.role }, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync: true }));
  // Node's own handler would open an inspector.
  process.on('SIGUSR1', () => undefined);
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => {
      stop.abort();
    });
  }
  try {
    const service = await definition.start({
      config: loadConfig(definition.config, environment.configFile),
      logger,
      checkpoint: createCheckpoint(environment),
      nodeOptions: [...process.execArgv, ...environment.nodeOptions],
      signal: stop.signal,
    });
    process.stdout.write(`${JSON.stringify({ ready: true, role: definition.role, address: service.address })}\n`);
    if (!stop.signal.aborted) {
      await new Promise<void>((resolve) => {
        stop.signal.addEventListener('abort', () => {
          resolve();
        });
      });
    }
    await service.close();
    process.exit(0);
  } catch (error) {
    const refusal = withRole(error, definition.role);
    logger.error({ code: refusal.code, action: refusal.action }, refusal.message);
    if (refusal.code === 'INTERNAL' && refusal.cause instanceof Error) logger.error({ stack: refusal.cause.stack }, 'cause');
    process.exit(1);
  }
}
