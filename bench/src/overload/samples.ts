import type { NodeInfo } from '@selvedge/dev-network';
import { ownMemoryMiB } from '../processes.js';
import type { BenchNetwork } from '../bench-network.js';

const INTERVAL_MS = 1_000;
const PAGE_TIMEOUT_MS = 900;

/** One look at all processes. */
export interface Sample {
  readonly atMs: number;
  /** Memory of its own, MiB, by process. */
  readonly memoryMiB: Readonly<Record<string, number>>;
  /** What runs or waits, by process: its queue where it tells one, else its calls under way. Of processes that answered in time. */
  readonly queued: Readonly<Record<string, number>>;
}

/** Looks at all processes about once a second until it is stopped. */
export interface Sampler {
  readonly samples: readonly Sample[];
  stop(): Promise<void>;
}

export function startSampler(bench: Pick<BenchNetwork, 'processes' | 'network'>): Sampler {
  const samples: Sample[] = [];
  let isOver = false;
  const run = async (): Promise<void> => {
    while (!isOver) {
      const atMs = performance.now();
      samples.push(await takeSample(bench, atMs));
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, atMs + INTERVAL_MS - performance.now())));
    }
  };
  const running = run();
  return {
    samples,
    async stop() {
      isOver = true;
      await running;
    },
  };
}

/** Memory and queues of all processes now. */
export async function takeSample(bench: Pick<BenchNetwork, 'processes' | 'network'>, atMs: number): Promise<Sample> {
  const memoryMiB = Object.fromEntries(bench.processes().map(({ name, pid }) => [name, ownMemoryMiB(pid)]));
  const queues = await Promise.all(bench.network.nodes().map(async (node) => [node.name, await queueOf(node)] as const));
  return { atMs, memoryMiB, queued: Object.fromEntries(queues.flatMap(([name, depth]) => (depth === undefined ? [] : [[name, depth]]))) };
}

async function queueOf({ monitoring }: NodeInfo): Promise<number | undefined> {
  if (monitoring === undefined) return undefined;
  try {
    const answer = await fetch(`http://${monitoring}/metrics`, { signal: AbortSignal.timeout(PAGE_TIMEOUT_MS) });
    return queueIn(await answer.text());
  } catch {
    return undefined;
  }
}

/** What a page of metrics says runs or waits: selvedge_queue_depth, or the calls under way; undefined when it says neither. */
export function queueIn(page: string): number | undefined {
  const valuesOf = (name: string): number[] => [...page.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].map(([, value]) => Number(value));
  const [depth] = valuesOf('selvedge_queue_depth');
  if (depth !== undefined) return depth;
  const calls = valuesOf('selvedge_rpc_in_flight');
  return calls.length === 0 ? undefined : calls.reduce((sum, value) => sum + value, 0);
}
