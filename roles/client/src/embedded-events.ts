import { awaitOwners } from './commit.js';
import { eventsOfBlock, type LedgerEvents } from './domain/block-events.js';
import type { Session } from './session.js';

/**
 * Events of the embedded ledger's valid transactions. Blocks come from the sequencer, the verdict on each transaction from a
 * business node, the own organisation's where it has one. A transaction id that stands in two blocks counts in the first.
 */
export async function* followEvents(session: Session, startBlock: bigint, signal: AbortSignal): AsyncGenerator<LedgerEvents> {
  const own = session.ports.businessNodes().filter(({ mspId }) => mspId === session.signer.mspId).map(({ mspId }) => mspId);
  for await (const block of session.ports.sequencer().deliver(startBlock, signal)) {
    for (const found of eventsOfBlock(block)) {
      const { successful, blockNumber } = await awaitOwners(session, { txId: found.txId, owners: own, signal });
      if (successful && blockNumber === found.blockNumber) yield found;
    }
  }
}
