import { toHex } from '@selvedge/crypto';
import type { Receipt } from '@selvedge/protocol';
import { awaitItems } from './batching/await-items.js';
import { awaitOwners } from './commit.js';
import { declaredOwners } from './domain/requirements.js';
import { createEndorsedTransaction, encodeOrdered, packetsOf } from './domain/staging.js';
import { collectEndorsements } from './endorsing.js';
import type { LedgerLane } from './ledger-lane.js';
import { followEvents } from './embedded-events.js';
import { findTransaction } from './embedded-transaction.js';
import { orderTransaction } from './ordering.js';
import type { Session } from './session.js';
import { stageAt } from './staging.js';

/** Endorser services endorse, owners stage the packets, and the sequencer orders. */
export function createEmbeddedLane(session: Session): LedgerLane {
  return {
    async endorse(input) {
      const { txId, targetData, cores, requirements, signal } = input;
      const message = createEndorsedTransaction(targetData, await collectEndorsements(session, targetData, input));
      const owners = declaredOwners(requirements.targets);
      const packets = targetData.attachments?.packets ?? [];
      const stage = (mspId: string): Promise<Receipt> =>
        stageAt(session, mspId, { txId: toHex(txId), transaction: message, packets: packetsOf(mspId, { cores, packets, targets: requirements.targets }), signal });
      return {
        message,
        async submit() {
          const receipts = await Promise.all(owners.map(stage));
          await orderTransaction(session, encodeOrdered(message, receipts), { txId, owners, signal });
        },
        commitStatus: () => awaitOwners(session, { txId, owners, signal }),
        batchStatus: (txIds) => awaitItems(session, { txIds, owners, signal }),
      };
    },
    events: (_contract, startBlock, signal) => followEvents(session, startBlock, signal),
    transaction: (txId, signal) => findTransaction(session, txId, signal),
    close: () => undefined,
  };
}
