import { setTimeout as sleep } from 'node:timers/promises';
import { Viewer } from '@selvedge/protocol';
import { connectRpc, type TlsSetting } from '@selvedge/rpc';

const POLL_MS = 250;
const CALL_TIMEOUT_MS = 3_000;

/** Waits until viewers say that they are ready. Resolves with the node ids of those that are not in time. */
export async function untilReady(viewers: readonly { readonly nodeId: string; readonly address: string }[], { tls, waitMs }: { readonly tls: TlsSetting; readonly waitMs: number }): Promise<string[]> {
  const deadline = performance.now() + waitMs;
  const awaited = viewers.map(async ({ nodeId, address }) => {
    const connection = connectRpc(address, { tls });
    try {
      while ((await connection.client(Viewer).health({}, { timeoutMs: CALL_TIMEOUT_MS }).catch(() => undefined))?.ready !== true) {
        if (performance.now() > deadline) return [nodeId];
        await sleep(POLL_MS);
      }
      return [];
    } finally {
      connection.close();
    }
  });
  return (await Promise.all(awaited)).flat();
}
