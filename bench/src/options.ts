import { parseArgs } from 'node:util';
import type { Workload } from './report.js';
import type { Loop } from './workload.js';

export interface BenchOptions {
  readonly ledger: 'embedded' | 'fabric';
  readonly seconds: number;
  readonly inFlight: readonly number[];
  readonly loops: readonly Loop[];
  readonly workloads: readonly Workload[];
  readonly computeNodes: number;
  readonly keys: number;
  /** Requests of one batch, at most; 0: no batches. */
  readonly batch: number;
  readonly batchDelayMs: number;
  readonly json: string | undefined;
  readonly profile: string | undefined;
  /** Measures queries from the TEE's memory instead, and a compute node's restart. */
  readonly state: boolean;
  /** Measures instead how throughput grows with compute nodes. */
  readonly scale: boolean;
}

export const USAGE = `Usage: npm run bench -- [options]

  --ledger NAME        embedded (default) or fabric: a native Hyperledger Fabric network, where the same
                       contract also runs as plain Fabric chaincode over a private data collection
  --seconds N          length of each measured point (default 8)
  --in-flight LIST     calls in flight, comma-separated (default 1,8,32; on fabric 1,8,32,128)
  --loop LIST          closed, open or closed,open (default closed; on fabric both). An open loop offers
                       80 % of what the closed loop reached at the same number in flight
  --workload LIST      update, query or update,query (default both)
  --compute-nodes N    compute nodes (default 1)
  --keys N             keys that updates and queries are spread over (default 1000)
  --state              instead: point reads and indexed rich queries over --keys documents (give 100000),
                       their messages to business nodes, and a compute node's restart; --seconds a point
  --scale              instead: queries/s of a contract whose chaincode waits 20 ms, on 1, 2, 4 and 8 compute nodes
  --batch N            beside one by one, let the client send up to N requests together (default 64; 0 leaves it out)
  --batch-delay MS     how long the first of a batch waits for others (default 5)
  --json FILE          write every point to FILE
  --profile DIR        write a CPU profile of every process to DIR (Chrome DevTools opens them)
  --help               this text`;

/** Parses the command line. Throws RangeError or TypeError with a readable text. */
export function parseBenchOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ledger: { type: 'string', default: 'embedded' },
      seconds: { type: 'string', default: '8' },
      'in-flight': { type: 'string' },
      loop: { type: 'string' },
      workload: { type: 'string', default: 'update,query' },
      'compute-nodes': { type: 'string', default: '1' },
      keys: { type: 'string', default: '1000' },
      batch: { type: 'string' },
      'batch-delay': { type: 'string', default: '5' },
      json: { type: 'string' },
      profile: { type: 'string' },
      state: { type: 'boolean' },
      scale: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return 'help';
  const ledger = oneOf('--ledger', values.ledger, ['embedded', 'fabric']);
  const isFabric = ledger === 'fabric';
  return {
    ledger,
    seconds: whole('--seconds', values.seconds, 1, 3_600),
    inFlight: (values['in-flight'] ?? (isFabric ? '1,8,32,128' : '1,8,32')).split(',').map((text) => whole('--in-flight', text, 1, 1_024)),
    loops: (values.loop ?? (isFabric ? 'closed,open' : 'closed')).split(',').map((text) => oneOf('--loop', text, ['closed', 'open'])),
    workloads: values.workload.split(',').map((text) => oneOf('--workload', text, ['update', 'query'])),
    computeNodes: whole('--compute-nodes', values['compute-nodes'], 1, 16),
    keys: whole('--keys', values.keys, 32, 1_000_000),
    batch: whole('--batch', values.batch ?? '64', 0, 256),
    batchDelayMs: whole('--batch-delay', values['batch-delay'], 0, 1_000),
    json: values.json,
    profile: values.profile,
    state: values.state === true,
    scale: values.scale === true,
  };
}

function oneOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => value === text);
  if (found === undefined) throw new RangeError(`${name}: ${allowed.join(' or ')} is expected, not "${text}"`);
  return found;
}

function whole(name: string, text: string, minimum: number, maximum: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw new RangeError(`${name}: a whole number from ${String(minimum)} to ${String(maximum)} is expected, not "${text}"`);
  }
  return value;
}
