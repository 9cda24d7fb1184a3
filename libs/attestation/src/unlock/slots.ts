import type { MessageInitShape } from '@bufbuild/protobuf';
import { equalBytes, labelledHash, lengthPrefixed, type KemKeyPair } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { UNLOCK_SUITE } from '@selvedge/policy';
import type { UnlockSlot, UnlockSlotSchema } from '@selvedge/protocol';

/** The network and channel that a share is for. */
export interface ShareScope {
  readonly network: string;
  readonly channel: string;
}

/** An organisation that may hold a share. */
export interface ShareHolder {
  readonly mspId: string;
  /** HPKE public key, 65 bytes. */
  readonly publicKey: Uint8Array;
}

/** Tells whether a share is the one of a slot, and nothing of the share: it has full entropy. 32 bytes. */
export function shareCommitment(share: Uint8Array): Uint8Array {
  return labelledHash('unlock share', share);
}

/** Seals a share to its organisation. Throws PUBLIC_KEY_INVALID. */
export function sealShareSlot(scope: ShareScope, { mspId, publicKey }: ShareHolder, share: Uint8Array): MessageInitShape<typeof UnlockSlotSchema> {
  const commitment = shareCommitment(share);
  return { mspId, publicKey, commitment, ...UNLOCK_SUITE.hpkeSeal(publicKey, slotInfo(scope, mspId), commitment, share) };
}

/** Opens an organisation's share with its own key. Throws UNLOCK_SHARE_INVALID, whatever the reason. */
export function openShareSlot(scope: ShareScope, slot: UnlockSlot, holder: KemKeyPair): Uint8Array {
  const share = open(scope, slot, holder);
  if (share === undefined || !equalBytes(shareCommitment(share), slot.commitment)) {
    throw new SelvedgeError('UNLOCK_SHARE_INVALID', `the share of ${slot.mspId} does not open with this unlock key`);
  }
  return share;
}

function open(scope: ShareScope, { mspId, enc, ciphertext, commitment }: UnlockSlot, holder: KemKeyPair): Uint8Array | undefined {
  try {
    return UNLOCK_SUITE.hpkeOpen(holder, enc, slotInfo(scope, mspId), commitment, ciphertext);
  } catch {
    return undefined;
  }
}

function slotInfo({ network, channel }: ShareScope, mspId: string): Uint8Array {
  return lengthPrefixed(['selvedge/v1/unlock slot', network, channel, mspId]);
}
