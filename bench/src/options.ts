import { parseArgs } from 'node:util';
import { EXPERIMENTS, type ExperimentName, type Loop, type Workload } from './points.js';

export interface BenchOptions {
  readonly ledger: 'embedded' | 'fabric';
  /** On Fabric: who keeps copies of packets beside their owners. */
  readonly keepers: 'endorsers' | 'none';
  readonly experiments: readonly ExperimentName[];
  /** Measured length of one point, all of its runs together. */
  readonly seconds: number;
  /** Slices that a point is cut into; the sides of a comparison take turns. */
  readonly runs: number;
  readonly inFlight: readonly number[];
  readonly loops: readonly Loop[];
  readonly workloads: readonly Exclude<Workload, 'wait'>[];
  readonly computeNodes: number;
  readonly keys: number;
  readonly valueBytes: number;
  /** Requests of one batch, at most, wherever batch sizes are not compared; 0: nothing goes in batches there. */
  readonly batch: number;
  readonly batchDelayMs: number;
  readonly batchSizes: readonly number[];
  readonly valueSizes: readonly number[];
  readonly keyCounts: readonly number[];
  readonly nodeCounts: readonly number[];
  /** How long the experiment `overload` offers more than can be carried. */
  readonly overloadSeconds: number;
  readonly json: string | undefined;
  readonly html: string | undefined;
  readonly profile: string | undefined;
  /** Measures queries from the TEE's memory instead, and a compute node's restart. */
  readonly state: boolean;
  /** Measures what a compute node could do otherwise instead. */
  readonly alternatives: boolean;
}

export const USAGE = `Usage: npm run bench -- [options]

  --ledger NAME        embedded (default) or fabric: a native Hyperledger Fabric network, where the same contract
                       also runs as plain Fabric chaincode, over a private data collection and over public state
  --keepers WHO        on fabric: who keeps copies of Selvedge's packets beside their owner: endorsers (default) or none
  --experiments LIST   what is varied (default load,hot,batch,nodes):
                         load    calls in flight
                         hot     all updates on one key
                         batch   requests of one batch
                         values  size of a value
                         nodes   compute nodes, with a chaincode that waits 20 ms
                         keys    keys in the state (fills them first: a million takes long)
                         overload  nothing: four times what can be carried, of the first of --workload, then half of it
  --full               every experiment, closed and open loop; takes hours
  --scale              the same as --experiments nodes
  --seconds N          measured length of each point (default 8)
  --runs N             slices that each point is cut into; the sides of a comparison take turns: A B A B (default 4)
  --in-flight LIST     calls in flight, comma-separated (default 1,8,32,128); other experiments than load use the largest
  --loop LIST          closed, open or closed,open (default closed; on fabric both). An open loop offers 80 % of what the closed
                       loop reached at the same number in flight
  --workload LIST      update, query or update,query (default both)
  --compute-nodes N    compute nodes, except where they are varied (default 1)
  --keys N             keys in the state, except where they are varied (default 1000)
  --value-bytes N      bytes of a value, except where they are varied (default 1024)
  --batch N            requests of one batch, at most, except where they are varied (default 64); 0: no batches
  --batch-delay MS     how long the first of a batch waits for others (default 5)
  --batch-sizes LIST   default 1,10,50,200
  --value-sizes LIST   default 100,1024,16384,65536
  --key-counts LIST    default 1000,10000,100000,1000000
  --node-counts LIST   default 1,2,4,8
  --overload-seconds N how long the experiment overload goes on (default 300)
  --json FILE          write machine, versions, method, every point and the ratios to FILE
  --html FILE          write a report with plots to FILE; it needs nothing from elsewhere
  --profile DIR        write a CPU profile of every process to DIR (Chrome DevTools opens them)
  --state              instead: point reads and indexed rich queries over --keys documents (give 100000),
                       their messages to business nodes, and a compute node's restart; --seconds a point
  --alternatives       instead: what a compute node could do otherwise: chaincode in several processes or in its own, cryptography on
                       other threads; --seconds and --runs for each way, with values of --value-bytes
  --predict FILE       instead: predict from a file of --json what other machines carry; takes --compute-nodes, --endorsers,
                       --business-nodes, --cores, --in-flight (lists) and --clients, and measures nothing
  --help               this text`;

const DEFAULT_EXPERIMENTS: readonly ExperimentName[] = ['load', 'hot', 'batch', 'nodes'];

/** Parses the command line. Throws RangeError or TypeError with a readable text. */
export function parseBenchOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ledger: { type: 'string', default: 'embedded' },
      keepers: { type: 'string' },
      experiments: { type: 'string' },
      full: { type: 'boolean', default: false },
      scale: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '8' },
      runs: { type: 'string', default: '4' },
      'in-flight': { type: 'string' },
      loop: { type: 'string' },
      workload: { type: 'string', default: 'update,query' },
      'compute-nodes': { type: 'string', default: '1' },
      keys: { type: 'string', default: '1000' },
      'value-bytes': { type: 'string', default: '1024' },
      batch: { type: 'string', default: '64' },
      'batch-delay': { type: 'string', default: '5' },
      'batch-sizes': { type: 'string', default: '1,10,50,200' },
      'value-sizes': { type: 'string', default: '100,1024,16384,65536' },
      'key-counts': { type: 'string', default: '1000,10000,100000,1000000' },
      'node-counts': { type: 'string', default: '1,2,4,8' },
      'overload-seconds': { type: 'string', default: '300' },
      json: { type: 'string' },
      html: { type: 'string' },
      profile: { type: 'string' },
      state: { type: 'boolean', default: false },
      alternatives: { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return 'help';
  if (values.experiments !== undefined && (values.full || values.scale)) throw new RangeError('--experiments names what --full or --scale choose: give one of them');
  if (values.state && values.alternatives) throw new RangeError('--state and --alternatives are runs of their own: give one of them');
  if (values.full && values.scale) throw new RangeError('--full has what --scale asks for');
  const experiments = values.full ? [...EXPERIMENTS] : values.scale ? ['nodes' as const] : values.experiments === undefined ? DEFAULT_EXPERIMENTS : list('--experiments', values.experiments, (text) => oneOf('--experiments', text, EXPERIMENTS));
  const wholes = (name: string, text: string, minimum: number, maximum: number): number[] => list(name, text, (each) => whole(name, each, minimum, maximum));
  const ledger = oneOf('--ledger', values.ledger, ['embedded', 'fabric']);
  if (values.keepers !== undefined && ledger === 'embedded') throw new RangeError('--keepers needs --ledger fabric: on the embedded ledger nobody but the owners keeps packets');
  return {
    ledger,
    keepers: oneOf('--keepers', values.keepers ?? 'endorsers', ['endorsers', 'none']),
    experiments,
    seconds: whole('--seconds', values.seconds, 1, 3_600),
    runs: whole('--runs', values.runs, 1, 100),
    inFlight: wholes('--in-flight', values['in-flight'] ?? '1,8,32,128', 1, 1_024),
    loops: list('--loop', values.loop ?? (values.full || ledger === 'fabric' ? 'closed,open' : 'closed'), (text) => oneOf('--loop', text, ['closed', 'open'])),
    workloads: list('--workload', values.workload, (text) => oneOf('--workload', text, ['update', 'query'])),
    computeNodes: whole('--compute-nodes', values['compute-nodes'], 1, 16),
    keys: whole('--keys', values.keys, 32, 1_000_000),
    valueBytes: whole('--value-bytes', values['value-bytes'], 64, 65_536),
    batch: wholeBatch(values.batch),
    batchDelayMs: whole('--batch-delay', values['batch-delay'], 0, 1_000),
    batchSizes: wholes('--batch-sizes', values['batch-sizes'], 1, 256),
    valueSizes: wholes('--value-sizes', values['value-sizes'], 64, 65_536),
    keyCounts: wholes('--key-counts', values['key-counts'], 32, 1_000_000),
    nodeCounts: wholes('--node-counts', values['node-counts'], 1, 16),
    overloadSeconds: whole('--overload-seconds', values['overload-seconds'], 5, 3_600),
    json: values.json,
    html: values.html,
    profile: values.profile,
    state: values.state,
    alternatives: values.alternatives,
  };
}

/** Parses a comma-separated list. Throws RangeError when something stands in it twice. */
export function list<T>(name: string, text: string, parse: (text: string) => T): T[] {
  const parsed = text.split(',').map(parse);
  if (new Set(parsed).size !== parsed.length) throw new RangeError(`${name}: each once`);
  return parsed;
}

function wholeBatch(text: string): number {
  return text === '0' ? 0 : whole('--batch', text, 2, 256);
}

function oneOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => value === text);
  if (found === undefined) throw new RangeError(`${name}: ${allowed.join(' or ')} is expected, not "${text}"`);
  return found;
}

/** Parses a whole number. Throws RangeError outside of what is allowed. */
export function whole(name: string, text: string, minimum: number, maximum: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw new RangeError(`${name}: a whole number from ${String(minimum)} to ${String(maximum)} is expected, not "${text}"`);
  }
  return value;
}
