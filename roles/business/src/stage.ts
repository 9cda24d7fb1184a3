import { toHex } from '@selvedge/crypto';
import { createReceipt, type EndorsedContent } from '@selvedge/embedded-ledger';
import type { Signer } from '@selvedge/identity';
import type { Receipt, StageRequest } from '@selvedge/protocol';
import { verifyStage } from './domain/verify-stage.js';
import type { BusinessCheckpoint, BusinessLedger } from './ports.js';
import type { PendingStore } from './store/pending-store.js';

export interface StagingOptions {
  readonly ledger: Pick<BusinessLedger, 'state' | 'profile'>;
  readonly pending: PendingStore;
  /** This node's peer identity. */
  readonly signer: Signer;
  readonly checkpoint?: BusinessCheckpoint | undefined;
}

/**
 * Verifies a stage request, keeps its packets durably and only then signs a receipt. The same request again gives a
 * receipt again. Throws what verifyStage throws, or OVERLOADED.
 */
export async function stageTransaction(request: StageRequest, { ledger, pending, signer, checkpoint = () => undefined }: StagingOptions): Promise<Receipt> {
  const profile = ledger.profile();
  const content: EndorsedContent = verifyStage(request, { state: ledger.state, profile, mspId: signer.mspId });
  const txId = content.txIds.map(toHex).join();
  checkpoint('business.stage.before-sync', txId);
  const expiresAtHeight = await pending.keep(content.targetDigest, request.packets, () => ledger.state.height);
  checkpoint('business.stage.after-sync', txId);
  const { network, channel } = profile.message;
  const receipt = createReceipt(signer, { network, channel, targetDigest: content.targetDigest, expiresAtHeight });
  checkpoint('business.stage.before-ack', txId);
  return receipt;
}
