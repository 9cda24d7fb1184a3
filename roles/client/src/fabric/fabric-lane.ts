import { toHex } from '@selvedge/crypto';
import type { FabricGateway } from '@selvedge/fabric-network/gateway';
import { create } from '@bufbuild/protobuf';
import { EVENT_NAME, parseFabricEvents } from '@selvedge/fabric';
import { EndorsedTransactionSchema } from '@selvedge/protocol';
import { awaitItems } from '../batching/await-items.js';
import { awaitOwners } from '../commit.js';
import type { ItemStatus } from '../domain/item-verdicts.js';
import { declaredOwners } from '../domain/requirements.js';
import type { LedgerLane } from '../ledger-lane.js';
import type { Session } from '../session.js';
import { awaitFabricVerdict } from './fabric-commit.js';
import { endorseOnFabric } from './fabric-endorsing.js';
import { submitToFabric } from './fabric-ordering.js';
import { findFabricTransaction } from './fabric-transaction.js';

/**
 * Hyperledger Fabric: peers of the endorsing organisations endorse, private data collections bring the packets to the
 * owners, and Fabric's ordering service orders.
 * @param open gives the way in; called again when it failed
 */
export function createFabricLane(session: Session, open: () => Promise<FabricGateway>): LedgerLane {
  let opened: Promise<FabricGateway> | undefined;
  const gateway = (): Promise<FabricGateway> => {
    if (opened === undefined) {
      opened = open();
      opened.catch(() => {
        opened = undefined;
      });
    }
    return opened;
  };
  return {
    async endorse(input) {
      const { txId, carrierTxId, targetData, requirements, signal } = input;
      const fabric = await gateway();
      const { transaction, endorsementPayload } = await endorseOnFabric(session, fabric, input);
      const outcome = { txId, transactionId: toHex(carrierTxId ?? txId), owners: declaredOwners(requirements.targets), signal };
      return {
        message: create(EndorsedTransactionSchema, {
          cores: targetData.cores,
          itemMask: targetData.itemMask,
          sealedEvents: targetData.attachments?.sealedEvents ?? [],
          teeSignatures: targetData.attachments?.teeSignatures ?? [],
          endorsementPayload,
          endorsements: transaction.endorsements.map(({ identity, signature }) => ({ identity, signature })),
        }),
        submit: () => submitToFabric(session, fabric, transaction, outcome),
        commitStatus: () => awaitFabricVerdict(session, fabric, { transaction, outcome, askOwners: (within) => awaitOwners(session, { ...outcome, signal: within }), refuse: (status) => status }),
        batchStatus: (txIds) =>
          awaitFabricVerdict(session, fabric, {
            transaction,
            outcome,
            askOwners: (within) => awaitItems(session, { txIds, carrierTxId, owners: outcome.owners, signal: within }),
            refuse: (status): ItemStatus[] => txIds.map((item) => ({ status: { ...status, transactionId: toHex(item) }, isOwn: false })),
          }),
      };
    },
    async *events(contract, startBlock, signal) {
      const fabric = await gateway();
      for await (const { blockNumber, eventName, payload } of fabric.chaincodeEvents(contract, startBlock, signal)) {
        if (eventName === EVENT_NAME) for (const item of parseFabricEvents(payload)) yield { blockNumber, ...item };
      }
    },
    async transaction(txId, signal) {
      return findFabricTransaction(await gateway(), session, txId, signal);
    },
    close() {
      opened?.then(
        (fabric) => {
          fabric.close();
        },
        () => undefined,
      );
    },
  };
}
