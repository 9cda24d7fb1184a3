import { SelvedgeError } from '@selvedge/errors';

/** A sample of a metrics page. */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Bytes of one page: a node with 256 values of each label has less. */
export const MAX_PAGE_BYTES = 4 * 1024 * 1024;
const MAX_SAMPLES = 20_000;
const MAX_LINE = 4_096;
const MAX_LABELS = 16;

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]{0,127}/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]{0,63})="((?:[^"\\\n]|\\["\\n]){0,256})"(?:,|(?=\}))/;

/**
 * Reads Prometheus' text format, version 0.0.4, of the metrics that begin with `prefix`; lines that are malformed are left out, and
 * so is whatever comes after too many samples. Throws MESSAGE_TOO_LARGE.
 */
export function parsePrometheus(text: string, prefix: string): MetricSample[] {
  if (text.length > MAX_PAGE_BYTES) throw new SelvedgeError('MESSAGE_TOO_LARGE', `metrics: more than ${String(MAX_PAGE_BYTES)} characters`, { role: 'console' });
  const samples: MetricSample[] = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith(prefix) || line.length > MAX_LINE) continue;
    const sample = parseLine(line);
    if (sample !== undefined) samples.push(sample);
    if (samples.length >= MAX_SAMPLES) break;
  }
  return samples;
}

function parseLine(line: string): MetricSample | undefined {
  const name = NAME.exec(line)?.[0];
  if (name === undefined) return undefined;
  let rest = line.slice(name.length);
  const labels: [string, string][] = [];
  if (rest.startsWith('{')) {
    rest = rest.slice(1);
    while (!rest.startsWith('}')) {
      const [whole, label, value] = LABEL.exec(rest) ?? [];
      if (whole === undefined || label === undefined || value === undefined || labels.length >= MAX_LABELS) return undefined;
      labels.push([label, value.replaceAll(/\\(.)/g, (_all, escaped: string) => (escaped === 'n' ? '\n' : escaped))]);
      rest = rest.slice(whole.length);
    }
    rest = rest.slice(1);
  }
  const value = readNumber(rest);
  return value === undefined ? undefined : { name, labels: Object.fromEntries(labels), value };
}

/** After the space; a timestamp may follow, which is not read. */
function readNumber(rest: string): number | undefined {
  const [, number] = /^ (\+Inf|-Inf|NaN|[-+]?[0-9][0-9.eE+-]{0,30})(?: -?[0-9]{1,19})?\r?$/.exec(rest) ?? [];
  if (number === undefined) return undefined;
  const value = number === '+Inf' ? Infinity : number === '-Inf' ? -Infinity : Number(number);
  return number !== 'NaN' && Number.isNaN(value) ? undefined : value;
}
