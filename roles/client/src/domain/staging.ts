import { sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { MspRegistry } from '@selvedge/identity';
import { create } from '@bufbuild/protobuf';
import {
  encodeMessage,
  EndorsedTransactionSchema,
  signing,
  TransactionSchema,
  type Core,
  type EndorsedTransaction,
  type Receipt,
  type TargetData,
} from '@selvedge/protocol';
import type { VerifiedEndorsement } from './endorsements.js';
import type { WrittenTarget } from './requirements.js';

/** Puts target data and endorsements together; receipts are still missing. */
export function createEndorsedTransaction(targetData: TargetData, endorsements: readonly VerifiedEndorsement[]): EndorsedTransaction {
  const [first] = endorsements;
  return create(EndorsedTransactionSchema, {
    cores: targetData.cores,
    itemMask: targetData.itemMask,
    sealedEvents: targetData.attachments?.sealedEvents ?? [],
    teeSignatures: targetData.attachments?.teeSignatures ?? [],
    endorsementPayload: first?.endorsement.payload ?? new Uint8Array(0),
    endorsements: endorsements.map(({ endorsement }) => ({ identity: endorsement.endorser, signature: endorsement.signature })),
  });
}

/** The packets of the owner sets that an organisation owns: no other node gets them. */
export function packetsOf(mspId: string, input: { readonly cores: readonly Core[]; readonly packets: readonly Uint8Array[]; readonly targets: readonly WrittenTarget[] }): Uint8Array[] {
  const owned = new Set(input.targets.filter((target) => target.owners.includes(mspId)).map((target) => JSON.stringify([target.contract, target.ownerSet])));
  const wanted = new Set<string>();
  for (const section of input.cores.flatMap((core) => core.sections)) {
    for (const write of section.writes) {
      if (write.effect.case === 'packetHash' && owned.has(JSON.stringify([section.contract, write.ownerSet]))) wanted.add(toHex(write.effect.value));
    }
  }
  return input.packets.filter((packet) => wanted.has(toHex(sha256(packet))));
}

/** Checks that a receipt is that organisation's peer's, of this target data. Throws IDENTITY_*, SIGNATURE_INVALID or RECEIPT_MISSING. */
export function verifyReceipt(receipt: Receipt, expected: { readonly network: string; readonly channel: string; readonly targetDigest: Uint8Array; readonly msps: MspRegistry; readonly mspId: string }): Receipt {
  const message = signing.receipt(expected.network, expected.channel, expected.targetDigest, receipt.node, receipt.expiresAtHeight);
  const identity = expected.msps.verifySignature({ identity: receipt.node, signature: receipt.signature }, message, { role: 'peer' });
  if (identity.mspId !== expected.mspId) {
    throw new SelvedgeError('RECEIPT_MISSING', `the business node of ${expected.mspId} answered as ${identity.mspId}`, { role: 'client' });
  }
  return receipt;
}

/** Transaction bytes for the sequencer: equal input gives equal bytes, so that sending them twice is harmless. */
export function encodeOrdered(endorsed: EndorsedTransaction, receipts: readonly Receipt[]): Uint8Array {
  const complete = encodeMessage(EndorsedTransactionSchema, { ...endorsed, receipts: [...receipts] });
  return encodeMessage(TransactionSchema, { kind: { case: 'endorsed', value: complete } });
}
