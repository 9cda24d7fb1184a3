import { setTimeout as sleep } from 'node:timers/promises';
import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { mayBeAdmitted } from '@selvedge/policy';
import { Compute, type ComputeHealth, type ContractPolicy } from '@selvedge/protocol';
import { connectRpc, type TlsSetting } from '@selvedge/rpc';

/** Compute nodes, and how to reach them. */
export interface ComputeNodes {
  readonly computeNodes: readonly { readonly nodeId: string; readonly address: string }[];
  readonly tls: TlsSetting;
}

/** A compute node that cannot run a contract yet. */
export interface LackingNode {
  readonly nodeId: string;
  /** Such as "lacks the package". */
  readonly lacks: string;
}

type Wanted = Pick<ContractPolicy, 'name' | 'codeHash' | 'keyAccess'>;

const POLL_MS = 100;
const CALL_TIMEOUT_MS = 5_000;
const QUIET_MS = 300;
const PROGRESS_MS = 2_000;

/** The nodes that the contract's key access rules may admit, as far as their ids tell. */
export function admissible(policy: Pick<ContractPolicy, 'keyAccess'>, { computeNodes, tls }: ComputeNodes): ComputeNodes {
  return { tls, computeNodes: computeNodes.filter(({ nodeId }) => mayBeAdmitted(policy, nodeId)) };
}

/** What a node's health says that it lacks for a contract; undefined: it is ready for it. @param afterBlock number of the block that recorded the contract */
export function whatLacks(health: ComputeHealth | undefined, { name, codeHash }: Wanted, afterBlock: bigint): string | undefined {
  if (health === undefined) return 'does not answer';
  if (health.viewHeight <= afterBlock) return `has not seen block ${String(afterBlock)} yet`;
  // Its own word, and no harm: it is not waited for, and endorsers judge for themselves.
  if (health.deniedContracts.includes(name)) return undefined;
  const held = health.packages.find((found) => equalBytes(found.codeHash, codeHash));
  if (held === undefined) return `lacks the package ${toHex(codeHash).slice(0, 12)}: "selvedge contract install" it where the node runs`;
  if (!held.verified) return `has not verified the package ${toHex(codeHash).slice(0, 12)}: it is being copied and hashed, or is not what its name says`;
  if (!health.contracts.includes(name)) return `does not hold the keys of ${name} yet`;
  return health.ready ? undefined : 'is not ready';
}

/**
 * Waits until every compute node that may have a contract's keys can run it: it has seen the contract's block, and holds its
 * keys and its package, verified. Resolves with those that cannot when the time is over.
 * @param input.note told which nodes are waited for, whenever that changes or some seconds have passed
 */
export async function untilHeld(nodes: ComputeNodes, wanted: Wanted, input: { readonly afterBlock: bigint; readonly timeoutMs: number; readonly note?: ((text: string) => void) | undefined }): Promise<LackingNode[]> {
  const { afterBlock, timeoutMs, note } = input;
  const startedAt = performance.now();
  let told = { text: '', atMs: 0 };
  const asked = admissible(wanted, nodes);
  if (asked.computeNodes.length === 0 && nodes.computeNodes.length > 0) note?.(`the key access rules of ${wanted.name} admit none of ${nodes.computeNodes.map(({ nodeId }) => nodeId).join(', ')}`);
  return withHealth(asked, async (ask) => {
    for (;;) {
      const lacking = (await ask()).flatMap(({ nodeId, health }): LackingNode[] => {
        const lacks = whatLacks(health, wanted, afterBlock);
        return lacks === undefined ? [] : [{ nodeId, lacks }];
      });
      const elapsedMs = performance.now() - startedAt;
      if (lacking.length === 0 || elapsedMs > timeoutMs) return lacking;
      const text = describeLacking(lacking);
      // What is there at once is not worth a word.
      if (elapsedMs > QUIET_MS && (text !== told.text || elapsedMs - told.atMs > PROGRESS_MS)) {
        note?.(`waiting for compute nodes: ${text}`);
        told = { text, atMs: elapsedMs };
      }
      await sleep(POLL_MS);
    }
  });
}

/** As untilHeld. Throws TIMEOUT naming each node and what it lacks. */
export async function requireHeld(...[nodes, wanted, input]: Parameters<typeof untilHeld>): Promise<void> {
  const lacking = await untilHeld(nodes, wanted, input);
  if (lacking.length === 0) return;
  const text = `contract ${wanted.name} is on the ledger, and not every compute node can run it: ${describeLacking(lacking)}`;
  throw new SelvedgeError('TIMEOUT', text, { role: 'cli', details: { nodes: lacking.map(({ nodeId }) => nodeId).join(',') } });
}

/** The nodes that may run a contract and do not have its package in their store, or do not answer. */
export async function nodesWithout(nodes: ComputeNodes, wanted: Wanted): Promise<LackingNode[]> {
  return withHealth(admissible(wanted, nodes), async (ask) =>
    (await ask()).flatMap(({ nodeId, health }): LackingNode[] => {
      if (health === undefined) return [{ nodeId, lacks: 'does not answer' }];
      return health.deniedContracts.includes(wanted.name) || health.packages.some(({ codeHash }) => equalBytes(codeHash, wanted.codeHash)) ? [] : [{ nodeId, lacks: 'lacks the package' }];
    }),
  );
}

/** For messages. */
export function describeLacking(lacking: readonly LackingNode[]): string {
  return lacking.map(({ nodeId, lacks }) => `${nodeId} ${lacks}`).join('; ');
}

async function withHealth<T>({ computeNodes, tls }: ComputeNodes, use: (ask: () => Promise<{ readonly nodeId: string; readonly health: ComputeHealth | undefined }[]>) => Promise<T>): Promise<T> {
  const connections = computeNodes.map(({ nodeId, address }) => ({ nodeId, connection: connectRpc(address, { tls }) }));
  try {
    return await use(() =>
      Promise.all(
        connections.map(async ({ nodeId, connection }) => ({ nodeId, health: await connection.client(Compute).health({}, { timeoutMs: CALL_TIMEOUT_MS }).catch(() => undefined) })),
      ),
    );
  } finally {
    for (const { connection } of connections) connection.close();
  }
}
