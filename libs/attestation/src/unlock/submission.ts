import type { MessageInitShape } from '@bufbuild/protobuf';
import { lengthPrefixed, type KemKeyPair } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { UNLOCK_SUITE } from '@selvedge/policy';
import type { ShareSubmission, ShareSubmissionSchema } from '@selvedge/protocol';
import type { ShareScope } from './slots.js';

const NO_AAD = new Uint8Array(0);

/**
 * Seals a share to a broker whose unlock evidence was verified: nobody between the organisation and the broker's TEE
 * sees it. Throws PUBLIC_KEY_INVALID.
 * @param input.ephemeralKey the one in the evidence
 */
export function sealShareSubmission(input: ShareScope & { readonly ephemeralKey: Uint8Array; readonly mspId: string; readonly share: Uint8Array }): MessageInitShape<typeof ShareSubmissionSchema> {
  return { mspId: input.mspId, ...UNLOCK_SUITE.hpkeSeal(input.ephemeralKey, submissionInfo(input, input.mspId), NO_AAD, input.share) };
}

/** Opens a submission inside the broker. Throws UNLOCK_SHARE_INVALID, whatever the reason. */
export function openShareSubmission(scope: ShareScope, ephemeral: KemKeyPair, { mspId, enc, ciphertext }: ShareSubmission): Uint8Array {
  try {
    return UNLOCK_SUITE.hpkeOpen(ephemeral, enc, submissionInfo(scope, mspId), NO_AAD, ciphertext);
  } catch {
    throw new SelvedgeError('UNLOCK_SHARE_INVALID', 'the share does not open: it was sealed for another key broker, or changed');
  }
}

function submissionInfo({ network, channel }: ShareScope, mspId: string): Uint8Array {
  return lengthPrefixed(['selvedge/v1/unlock share', network, channel, mspId]);
}
