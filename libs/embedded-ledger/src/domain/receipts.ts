import { create } from '@bufbuild/protobuf';
import { SelvedgeError } from '@selvedge/errors';
import type { Signer } from '@selvedge/identity';
import type { Profile } from '@selvedge/policy';
import { ReceiptSchema, signing, type Receipt } from '@selvedge/protocol';
import type { EndorsedContent } from './endorsed-content.js';
import { verifyPeer } from './endorsements.js';

/** What a receipt is for. */
export interface ReceiptTarget {
  readonly network: string;
  readonly channel: string;
  /** EndorsedContent.targetDigest, 32 bytes. */
  readonly targetDigest: Uint8Array;
  /** The node keeps the packets until this height: blocks with a lower number may use the receipt. */
  readonly expiresAtHeight: bigint;
}

/** A business node's word that it holds a transaction's packets durably. */
export function createReceipt(signer: Signer, { network, channel, targetDigest, expiresAtHeight }: ReceiptTarget): Receipt {
  const signature = signer.sign(signing.receipt(network, channel, targetDigest, signer.serialized, expiresAtHeight));
  return create(ReceiptSchema, { node: signer.serialized, signature, expiresAtHeight });
}

/**
 * Checks that every declared owner gave a valid receipt that counts in the block of this number: a node may forget
 * packets that were not ordered by then, so a later commit could lose them. Throws ENDORSEMENT_POLICY_FAILURE.
 */
export function verifyReceipts(content: EndorsedContent, profile: Profile, blockNumber: bigint): void {
  const holders = new Set(content.message.receipts.map((receipt) => verifyReceipt(receipt, content, profile, blockNumber)));
  for (const owner of content.payload.targets.flatMap((target) => target.owners)) {
    if (!holders.has(owner)) throw refused(`there is no receipt of ${owner}`);
  }
}

/** The MSP id of the node that gave it. */
function verifyReceipt({ node, signature, expiresAtHeight }: Receipt, { targetDigest }: EndorsedContent, { message, msps }: Profile, blockNumber: bigint): string {
  const { mspId } = verifyPeer(msps, { identity: node, signature }, signing.receipt(message.network, message.channel, targetDigest, node, expiresAtHeight));
  if (blockNumber >= expiresAtHeight) throw refused(`the receipt of ${mspId} ended at height ${String(expiresAtHeight)}`);
  return mspId;
}

function refused(why: string): SelvedgeError {
  return new SelvedgeError('ENDORSEMENT_POLICY_FAILURE', why);
}
