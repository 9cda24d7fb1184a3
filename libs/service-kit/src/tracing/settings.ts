import { SelvedgeError } from '@selvedge/errors';

/** Where a process sends its spans. */
export interface TracingSettings {
  /** Of OTLP over HTTP: where POST requests go. */
  readonly endpoint: string;
  /** undefined: the role's name. */
  readonly serviceName: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

const TRACES_PATH = 'v1/traces';
const MAX_VALUE = 4_096;
/** A header's name and value, as RFC 9110 section 5 has them, without what RFC 8941 would add. */
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)=([\x21-\x7e]*)$/;

/**
 * What OpenTelemetry's own variables say (https://opentelemetry.io/docs/specs/otel/protocol/exporter/): spans are sent where
 * an OTLP endpoint is set, or OTEL_TRACES_EXPORTER is otlp. Sampling, batches and limits are the SDK's to read.
 * Throws INVALID_CONFIGURATION for another exporter or protocol, and for an endpoint that is no HTTP address.
 */
export function tracingSettings(env: Readonly<Record<string, string | undefined>>): TracingSettings | undefined {
  const read = (name: string): string | undefined => {
    const value = env[name]?.trim();
    if (value !== undefined && value.length > MAX_VALUE) throw invalid(`${name} is longer than ${String(MAX_VALUE)} characters`);
    return value === '' ? undefined : value;
  };
  const exporter = read('OTEL_TRACES_EXPORTER');
  const own = read('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT');
  const common = read('OTEL_EXPORTER_OTLP_ENDPOINT');
  if (read('OTEL_SDK_DISABLED') === 'true' || exporter === 'none') return undefined;
  if (exporter === undefined && own === undefined && common === undefined) return undefined;
  if (exporter !== undefined && exporter !== 'otlp') throw invalid(`OTEL_TRACES_EXPORTER: only otlp and none are known, not ${exporter.slice(0, 32)}`);
  const protocol = read('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') ?? read('OTEL_EXPORTER_OTLP_PROTOCOL');
  if (protocol !== undefined && protocol !== 'http/json') throw invalid('OTEL_EXPORTER_OTLP_PROTOCOL: only http/json is spoken');
  const endpoint = own === undefined ? below(parseEndpoint(common ?? 'http://127.0.0.1:4318')) : parseEndpoint(own).href;
  return { endpoint, serviceName: read('OTEL_SERVICE_NAME'), headers: parseHeaders(read('OTEL_EXPORTER_OTLP_TRACES_HEADERS') ?? read('OTEL_EXPORTER_OTLP_HEADERS') ?? '') };
}

function parseEndpoint(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.username !== '' || url.password !== '') throw invalid('the OTLP endpoint is not an HTTP address without a password');
  return url;
}

function below(url: URL): string {
  return new URL(TRACES_PATH, url.href.endsWith('/') ? url.href : `${url.href}/`).href;
}

function parseHeaders(text: string): Record<string, string> {
  const headers: [string, string][] = [];
  for (const pair of text.split(',').map((part) => part.trim()).filter((part) => part !== '')) {
    const [, name, value] = HEADER.exec(pair) ?? [];
    // What stands there may be a secret: it is not repeated.
    if (name === undefined || value === undefined) throw invalid('OTEL_EXPORTER_OTLP_HEADERS: not a list of name=value');
    headers.push([name, decodeValue(value)]);
  }
  return Object.fromEntries(headers);
}

function decodeValue(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw invalid('OTEL_EXPORTER_OTLP_HEADERS: a value is not percent-encoded');
  }
}

const invalid = (message: string): SelvedgeError => new SelvedgeError('INVALID_CONFIGURATION', message);
