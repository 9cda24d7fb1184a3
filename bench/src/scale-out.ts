import { fileURLToPath } from 'node:url';
import { createDevNetwork, type DevNetwork } from '@selvedge/dev-network';
import type { BenchOptions } from './options.js';
import { closedLoop, type Point } from './workload.js';

const CONTRACT = fileURLToPath(new URL('../contract', import.meta.url));
const NODES = [1, 2, 4, 8];
/** What one call holds the chaincode process for; a process runs one at a time. */
const WAIT_MS = 20;
/** So that a node never has nothing to do between two calls. */
const CALLS_PER_NODE = 4;
const WARM_UP_SECONDS = 3;

/** Throughput of a contract whose chaincode waits, by number of compute nodes. */
export interface ScaleResult {
  readonly points: readonly { readonly nodes: number; readonly point: Point }[];
  /** Of eight nodes to one. */
  readonly scaleOut8: number;
}

/** One network, to which compute nodes are added. */
export async function measureScaleOut({ ledger, seconds }: BenchOptions, directory: string, say: (text: string) => void): Promise<ScaleResult> {
  say('starting the network …');
  const network = await createDevNetwork({ directory, ledger, computeNodes: 1 });
  try {
    await network.deploy(CONTRACT);
    const points: { nodes: number; point: Point }[] = [];
    for (const nodes of NODES) points.push({ nodes, point: await measureWith(network, nodes, seconds, say) });
    const rate = (nodes: number): number => points.find((each) => each.nodes === nodes)?.point.perSecond ?? Number.NaN;
    return { points, scaleOut8: rate(8) / rate(1) };
  } finally {
    await network.stop();
  }
}

async function measureWith(network: DevNetwork, nodes: number, seconds: number, say: (text: string) => void): Promise<Point> {
  while (network.connectionProfile().computeNodes.length < nodes) await network.addComputeNode();
  const gateway = await network.connect('AuroraMSP');
  try {
    const contract = gateway.getNetwork(network.connectionProfile().channel).getContract('bench-contract');
    const call = (): Promise<unknown> => contract.evaluateTransaction('Wait', String(WAIT_MS));
    say(`${String(nodes)} compute node(s) …`);
    await closedLoop(nodes * CALLS_PER_NODE, WARM_UP_SECONDS, call);
    return await closedLoop(nodes * CALLS_PER_NODE, seconds, call);
  } finally {
    gateway.close();
  }
}

export function renderScaleOut({ points, scaleOut8 }: ScaleResult): string {
  return [
    `a query whose chaincode holds its process for ${String(WAIT_MS)} ms, ${String(CALLS_PER_NODE)} calls in flight for each compute node, one network`,
    ...points.map(({ nodes, point }) => `  ${String(nodes).padStart(2)} compute node(s) ${point.perSecond.toFixed(0).padStart(6)} per s, p50 ${point.p50.toFixed(0)} ms, p95 ${point.p95.toFixed(0)} ms, refused ${String(Object.values(point.failures).reduce((sum, count) => sum + count, 0))}`),
    `  scaleOut8: ${scaleOut8.toFixed(2)}`,
  ].join('\n');
}
