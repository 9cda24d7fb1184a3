import { create } from '@bufbuild/protobuf';
import { SelvedgeError } from '@selvedge/errors';
import type { Signer } from '@selvedge/identity';
import type { Profile } from '@selvedge/policy';
import { ReceiptSchema, signing, type Receipt } from '@selvedge/protocol';
import type { EndorsedContent } from './endorsed-content.js';

/** What a receipt is for. */
export interface ReceiptTarget {
  readonly network: string;
  readonly channel: string;
  /** EndorsedContent.targetDigest. */
  readonly targetDigest: Uint8Array;
  /** The node keeps the packets until this height: blocks with a lower number may use the receipt. */
  readonly expiresAtHeight: bigint;
}

/** A business node's word that it holds a transaction's packets durably. */
export function createReceipt(signer: Signer, target: ReceiptTarget): Receipt {
  const signature = signer.sign(signing.receipt(target.network, target.channel, target.targetDigest, signer.serialized, target.expiresAtHeight));
  return create(ReceiptSchema, { node: signer.serialized, signature, expiresAtHeight: target.expiresAtHeight });
}

/**
 * Checks that every declared owner gave a valid receipt that counts in the block of this number: a node may forget
 * packets that were not ordered by then, so a later commit could lose them. Throws ENDORSEMENT_POLICY_FAILURE.
 */
export function verifyReceipts(content: EndorsedContent, profile: Profile, blockNumber: bigint): void {
  const holders = new Set(content.message.receipts.map((receipt) => verifyReceipt(receipt, content, profile, blockNumber)));
  for (const owner of content.payload.targets.flatMap((target) => target.owners)) {
    if (!holders.has(owner)) throw new SelvedgeError('ENDORSEMENT_POLICY_FAILURE', `no receipt of ${owner}`);
  }
}

/** The MSP id of the node that gave it. */
function verifyReceipt(receipt: Receipt, content: EndorsedContent, profile: Profile, blockNumber: bigint): string {
  if (receipt.expiresAtHeight <= blockNumber) throw new SelvedgeError('ENDORSEMENT_POLICY_FAILURE', 'a receipt has ended');
  const { network, channel } = profile.message;
  const signed = signing.receipt(network, channel, content.targetDigest, receipt.node, receipt.expiresAtHeight);
  try {
    return profile.msps.verifySignature({ identity: receipt.node, signature: receipt.signature }, signed, { role: 'peer' }).mspId;
  } catch (cause) {
    throw new SelvedgeError('ENDORSEMENT_POLICY_FAILURE', 'a receipt is not signed by a peer of the network', { cause });
  }
}
