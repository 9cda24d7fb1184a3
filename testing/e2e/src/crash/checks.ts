import { loadTls } from '@selvedge/client';
import { fromHex, toHex } from '@selvedge/crypto';
import type { DevNetwork } from '@selvedge/dev-network';
import { BusinessLedger, Follower, LedgerViewStatementSchema, LIMITS, parseMessage, ValidationCode } from '@selvedge/protocol';
import { connectRpc, type RpcConnection } from '@selvedge/rpc';

/** What an answer may take beyond the time that it was to wait, on a busy machine. */
const ANSWER_MS = 30_000;

/** Height and hash of the last block at each follower, endorsers first, in the order of the connection profile. */
export async function ledgerHeads(network: DevNetwork): Promise<string[]> {
  const { endorsers, businessNodes } = network.connectionProfile();
  return Promise.all([...endorsers, ...businessNodes].map(({ address }) => headAt(network, address)));
}

function headAt(network: DevNetwork, address: string): Promise<string> {
  return withConnection(network, address, async (connection) => {
    const { statement } = await connection.client(Follower).getLedgerView({ nonce: new Uint8Array(16) });
    const view = parseMessage(LedgerViewStatementSchema, statement, LIMITS.maxHeaderBytes);
    return `${String(view.height)} ${toHex(view.blockHash)}`;
  });
}

/**
 * Those of some transactions that an organisation's business node does not hold as valid, packets included.
 * @param txIds hexadecimal
 * @param waitMs how long the node may take for each
 */
export async function missingCommits(network: DevNetwork, mspId: string, txIds: readonly string[], waitMs = 60_000): Promise<string[]> {
  const owner = network.connectionProfile().businessNodes.find((node) => node.mspId === mspId);
  return withConnection(network, owner?.address ?? '', async (connection) => {
    const ledger = connection.client(BusinessLedger);
    const missing: string[] = [];
    for (const txId of txIds) {
      const answer = await ledger.commitStatus({ txId: fromHex(txId), waitMs }, { timeoutMs: waitMs + ANSWER_MS });
      if (!answer.known || answer.code !== ValidationCode.VALID) missing.push(txId);
    }
    return missing;
  });
}

async function withConnection<T>(network: DevNetwork, address: string, run: (connection: RpcConnection) => Promise<T>): Promise<T> {
  const connection = connectRpc(address, { tls: loadTls(network.connectionProfile()) });
  try {
    return await run(connection);
  } finally {
    connection.close();
  }
}
