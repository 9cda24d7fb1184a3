import { fileURLToPath } from 'node:url';
import { loadTls, type Contract } from '@selvedge/client';
import { createDevNetwork, type DevNetwork } from '@selvedge/dev-network';
import { Compute, type ComputeHealth } from '@selvedge/protocol';
import { connectRpc } from '@selvedge/rpc';
import type { BenchOptions } from './options.js';
import type { BenchControl } from './run.js';

const CONTRACT = fileURLToPath(new URL('../contract', import.meta.url));
const NODE = 'compute-1';
const KEYS_PER_LOAD = 500;
const GROUP_SIZE = 20;
/** Longer than any first query. */
const PATIENCE = { executeTimeoutMs: 120_000, attemptTimeoutMs: 120_000 };
/** A view of the ledger comes within a second. */
const POLL_MS = 50;

/** One row: what a kind of query took, and what it cost the business nodes. */
interface Row {
  readonly name: string;
  readonly calls: number;
  readonly p50Ms: number;
  readonly messages: number;
}

/** Queries over many keys, and a compute node that starts without any of them in memory. */
export interface StateResult {
  readonly keys: number;
  readonly rows: readonly Row[];
  /** Of an indexed query that selects twenty, to a point read from memory, and to one that asks a business node. */
  readonly ratios: readonly [number, number];
  /** Milliseconds since the restarted node was ready. */
  readonly restart: readonly (readonly [what: string, ms: number])[];
  readonly kept: string;
}

/** Throws when an answer is wrong, whenever it comes. */
export async function measureState(options: BenchOptions, directory: string, { say, interrupted }: BenchControl): Promise<StateResult> {
  say('starting the network …');
  const network = await createDevNetwork({ directory, ledger: options.ledger, computeNodes: 1 });
  try {
    return await Promise.race([measureOn(network, options, say), interrupted]);
  } finally {
    await network.stop();
  }
}

async function measureOn(network: DevNetwork, { keys, seconds }: BenchOptions, say: (text: string) => void): Promise<StateResult> {
  await network.deploy(CONTRACT);
  const gateway = await network.connect('AuroraMSP', { limits: PATIENCE });
  try {
    const contract = gateway.getNetwork(network.connectionProfile().channel).getContract('bench-contract');
    say(`writing ${String(keys)} keys …`);
    for (let from = 0; from < keys; from += KEYS_PER_LOAD) await contract.submitTransaction('Load', String(from), String(Math.min(KEYS_PER_LOAD, keys - from)));
    const point = (n: number): Promise<void> => check(contract, ['Get', `doc-${String(n)}`], JSON.stringify({ group: Math.floor(n / GROUP_SIZE), n }));
    const find = (group: number): Promise<void> => check(contract, ['Find', String(group)], JSON.stringify(keysOf(group)));
    const groups = Math.floor(keys / GROUP_SIZE);
    const row = (name: string, call: (index: number) => Promise<void>, times?: number): Promise<Row> => measureRow(network, name, call, { seconds, times });
    await point(0);
    await settle(network, () => point(0));
    const rows = [
      await row('point read, asks', (index) => point(index + 1)),
      await row('point read, repeated', () => point(0)),
      await row('rich query, first', () => find(1), 1),
      await row('rich query, second', () => find(2), 1),
      await row('rich query, repeated', (index) => find(index % groups)),
    ];
    const [asked, repeated, , , query] = rows.map(({ p50Ms }) => p50Ms) as [number, number, number, number, number];
    const health = await healthOf(network);
    say('restarting the compute node …');
    await network.kill(NODE);
    await network.restart(NODE);
    const restart: [string, number][] = [];
    const ready = performance.now();
    for (const [what, act] of [
      ['first point read', () => point(0)],
      ['first rich query', () => find(3)],
      ['second rich query, which makes the index', () => find(4)],
      ['third rich query: warm', () => find(5)],
    ] as const) {
      await act();
      restart.push([what, performance.now() - ready]);
    }
    const { points = 0n, pointBytes = 0n, sets = 0n, setBytes = 0n } = health.kept ?? {};
    return {
      keys, rows, restart,
      ratios: [query / repeated, query / asked],
      kept: `${String(points)} keys, ${mebibytes(pointBytes)} MiB; ${String(sets)} sets, ${mebibytes(setBytes)} MiB`,
    };
  } finally {
    gateway.close();
  }
}

export function renderState({ keys, rows, ratios, restart, kept }: StateResult): string {
  return [
    `${String(keys)} keys, one query at a time`,
    ...rows.map(({ name, calls, p50Ms, messages }) => `  ${name.padEnd(24)} ${p50Ms.toFixed(1).padStart(10)} ms (p50 of ${String(calls)}), ${(messages / calls).toFixed(2)} messages to business nodes each`),
    `  indexed query of ${String(GROUP_SIZE)} to a point read: ${ratios[0].toFixed(2)} from memory, ${ratios[1].toFixed(2)} when it asks`,
    `  in TEE memory, by estimate: ${kept}`,
    'after a restart, since the compute node was ready; every answer was right',
    ...restart.map(([what, ms]) => `  ${what.padEnd(42)} ${ms.toFixed(0).padStart(8)} ms`),
  ].join('\n');
}

function keysOf(group: number): string[] {
  return Array.from({ length: GROUP_SIZE }, (_, index) => `doc-${String(group * GROUP_SIZE + index)}`).sort();
}

async function check(contract: Contract, [name, argument]: readonly [string, string], expected: string): Promise<void> {
  const answer = Buffer.from(await contract.evaluateTransaction(name, argument)).toString('utf8');
  if (answer !== expected) throw new Error(`${name} ${argument} answered ${answer}`);
}

async function measureRow(network: DevNetwork, name: string, call: (index: number) => Promise<void>, { seconds, times = Infinity }: { readonly seconds: number; readonly times?: number | undefined }): Promise<Row> {
  const before = await healthOf(network);
  const took: number[] = [];
  const end = performance.now() + seconds * 1_000;
  while (took.length < times && (took.length === 0 || performance.now() < end)) {
    const start = performance.now();
    await call(took.length);
    took.push(performance.now() - start);
  }
  const { stateQueries } = await healthOf(network);
  return { name, calls: took.length, p50Ms: [...took].sort((a, b) => a - b)[took.length >> 1] ?? 0, messages: Number(stateQueries - before.stateQueries) };
}

/** Until the node's view has come to the last write. */
async function settle(network: DevNetwork, query: () => Promise<void>): Promise<void> {
  for (;;) {
    const { stateQueries } = await healthOf(network);
    await query();
    if ((await healthOf(network)).stateQueries === stateQueries) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function healthOf(network: DevNetwork): Promise<ComputeHealth> {
  const connection = connectRpc(network.node(NODE).dialAddress, { tls: loadTls(network.connectionProfile()) });
  try {
    return await connection.client(Compute).health({});
  } finally {
    connection.close();
  }
}

function mebibytes(bytes: bigint): string {
  return (Number(bytes) / 1_048_576).toFixed(1);
}
