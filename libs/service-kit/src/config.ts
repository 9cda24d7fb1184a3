import { readFileSync } from 'node:fs';
import type { ZodType } from 'zod';
import { SelvedgeError } from '@selvedge/errors';
import { tracingSettings, type TracingSettings } from './tracing/settings.js';

const MAX_CONFIG_BYTES = 1024 * 1024;

/** The environment that a service reads, once, at its start. */
export interface ServiceEnvironment {
  /** SELVEDGE_CONFIG: path of the JSON configuration. */
  readonly configFile: string;
  /** SELVEDGE_LOG_LEVEL: trace, debug, info (default), warn, error, silent. */
  readonly logLevel: string;
  /** SELVEDGE_CRASH_AT and SELVEDGE_TRACE_FILE: for crash tests only. */
  readonly crashAt: string | undefined;
  readonly traceFile: string | undefined;
  /** Words of NODE_OPTIONS. */
  readonly nodeOptions: readonly string[];
  /** Where spans go, by OpenTelemetry's own variables; undefined: nowhere. */
  readonly tracing: TracingSettings | undefined;
}

/** Reads the environment. Throws INVALID_CONFIGURATION when SELVEDGE_CONFIG is missing, or what OTEL_* variables say cannot be done. */
export function readEnvironment(env: NodeJS.ProcessEnv): ServiceEnvironment {
  const configFile = env.SELVEDGE_CONFIG;
  if (configFile === undefined || configFile === '') {
    throw new SelvedgeError('INVALID_CONFIGURATION', 'SELVEDGE_CONFIG is not set: it names the JSON configuration file');
  }
  return {
    configFile,
    logLevel: env.SELVEDGE_LOG_LEVEL ?? 'info',
    crashAt: env.SELVEDGE_CRASH_AT,
    traceFile: env.SELVEDGE_TRACE_FILE,
    nodeOptions: (env.NODE_OPTIONS ?? '').split(/\s+/).filter((word) => word !== ''),
    tracing: tracingSettings(env),
  };
}

/** Reads and checks a JSON configuration. Throws INVALID_CONFIGURATION and names each wrong setting. */
export function loadConfig<T>(schema: ZodType<T>, file: string): T {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `cannot read ${file}`, { cause });
  }
  if (text.length > MAX_CONFIG_BYTES) throw new SelvedgeError('INVALID_CONFIGURATION', `${file}: larger than ${String(MAX_CONFIG_BYTES)} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SelvedgeError('INVALID_CONFIGURATION', `${file}: not JSON`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new SelvedgeError('INVALID_CONFIGURATION', `${file}: ${wrong}`);
}
