import { setTimeout as sleep } from 'node:timers/promises';
import { loadTls, type ConnectionProfile } from '@selvedge/client';
import { SelvedgeError } from '@selvedge/errors';
import { Compute, Viewer, type ComputeHealth } from '@selvedge/protocol';
import { connectRpc } from '@selvedge/rpc';

const POLL_MS = 50;
const CALL_TIMEOUT_MS = 5_000;
const DEFAULT_TIMEOUT_MS = 20_000;

/** Compute nodes, and how to reach them. */
export type ComputeNodes = Pick<ConnectionProfile, 'computeNodes' | 'tls'>;

/** Waits until each compute node says that it is ready, which takes a ledger view and keys. Throws TIMEOUT naming the node. */
export function untilComputeReady(network: ComputeNodes, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<void> {
  return untilHealth(network, { timeoutMs, isEnough: ({ ready }) => ready, what: 'is not ready' });
}

/** Asks each node's health until it is enough. Throws TIMEOUT. */
export async function untilHealth(
  network: ComputeNodes,
  options: { readonly timeoutMs: number; readonly isEnough: (health: ComputeHealth) => boolean; readonly what: string },
): Promise<void> {
  const tls = loadTls(network);
  const deadline = performance.now() + options.timeoutMs;
  await Promise.all(
    network.computeNodes.map(async ({ nodeId, address }) => {
      const connection = connectRpc(address, { tls });
      try {
        for (;;) {
          const health = await connection.client(Compute).health({}, { timeoutMs: CALL_TIMEOUT_MS }).catch(() => undefined);
          if (health !== undefined && options.isEnough(health)) return;
          if (performance.now() > deadline) throw new SelvedgeError('TIMEOUT', `compute node ${nodeId} ${options.what} yet; see its log`, { role: 'cli', details: { nodeId } });
          await sleep(POLL_MS);
        }
      } finally {
        connection.close();
      }
    }),
  );
}

/** Waits until each viewer says that it is ready: it has a ledger view, its keys and its audit log. Throws TIMEOUT naming it. */
export async function untilViewersReady({ viewers = [], tls }: Pick<ConnectionProfile, 'viewers' | 'tls'>, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<void> {
  const setting = loadTls({ tls });
  const deadline = performance.now() + timeoutMs;
  await Promise.all(
    viewers.map(async ({ nodeId, address }) => {
      const connection = connectRpc(address, { tls: setting });
      try {
        while ((await connection.client(Viewer).health({}, { timeoutMs: CALL_TIMEOUT_MS }).catch(() => undefined))?.ready !== true) {
          if (performance.now() > deadline) throw new SelvedgeError('TIMEOUT', `viewer ${nodeId} is not ready yet; see its log`, { role: 'cli', details: { nodeId } });
          await sleep(POLL_MS);
        }
      } finally {
        connection.close();
      }
    }),
  );
}
