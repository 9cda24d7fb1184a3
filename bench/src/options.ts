import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly seconds: number;
  readonly inFlight: readonly number[];
  readonly computeNodes: number;
  readonly keys: number;
  readonly json: string | undefined;
  readonly profile: string | undefined;
}

export const USAGE = `Usage: npm run bench -- [options]

  --seconds N          length of each measured point (default 8)
  --in-flight LIST     calls in flight, comma-separated (default 1,8,32)
  --compute-nodes N    compute nodes (default 1)
  --keys N             keys that updates and queries are spread over (default 1000)
  --json FILE          write every point to FILE
  --profile DIR        write a CPU profile of every process to DIR (Chrome DevTools opens them)
  --help               this text`;

/** Parses the command line. Throws RangeError or TypeError with a readable text. */
export function parseBenchOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '8' },
      'in-flight': { type: 'string', default: '1,8,32' },
      'compute-nodes': { type: 'string', default: '1' },
      keys: { type: 'string', default: '1000' },
      json: { type: 'string' },
      profile: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return 'help';
  return {
    seconds: whole('--seconds', values.seconds, 1, 3_600),
    inFlight: values['in-flight'].split(',').map((text) => whole('--in-flight', text, 1, 1_024)),
    computeNodes: whole('--compute-nodes', values['compute-nodes'], 1, 16),
    keys: whole('--keys', values.keys, 32, 1_000_000),
    json: values.json,
    profile: values.profile,
  };
}

function whole(name: string, text: string, minimum: number, maximum: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw new RangeError(`${name}: a whole number from ${String(minimum)} to ${String(maximum)} is expected, not "${text}"`);
  }
  return value;
}
