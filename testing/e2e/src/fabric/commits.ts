import { loadTls } from '@selvedge/client';
import { fromHex } from '@selvedge/crypto';
import type { DevNetwork } from '@selvedge/dev-network';
import { BusinessLedger, ValidationCode } from '@selvedge/protocol';
import { connectRpc } from '@selvedge/rpc';

/**
 * Those of some transactions that an organisation's business node does not hold as valid, with all of their packets.
 * @param txIds hexadecimal
 * @param waitMs how long the node may take for each
 */
export async function missingCommits(network: DevNetwork, mspId: string, txIds: readonly string[], waitMs = 10_000): Promise<string[]> {
  const owner = network.connectionProfile().businessNodes.find((node) => node.mspId === mspId);
  if (owner === undefined) throw new Error(`${mspId} has no business node`);
  const connection = connectRpc(owner.address, { tls: loadTls(network.connectionProfile()) });
  const ledger = connection.client(BusinessLedger);
  const missing: string[] = [];
  try {
    for (const txId of txIds) {
      const answer = await ledger.commitStatus({ txId: fromHex(txId), waitMs });
      if (!answer.known || answer.code !== ValidationCode.VALID) missing.push(txId);
    }
    return missing;
  } finally {
    connection.close();
  }
}
