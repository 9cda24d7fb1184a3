import { create } from '@bufbuild/protobuf';
import { openShareSlot, sealShareSubmission } from '@selvedge/attestation';
import { UNLOCK_SUITE } from '@selvedge/policy';
import { ShareSubmissionSchema } from '@selvedge/protocol';
import { createShareCollector, parseSlots } from '../domain/unlock-secret.js';
import { consortium, profile } from './setting.js';

export { profile };

/** Organisations of the test network, each with an unlock key; four of them unlock. */
export const MSP_IDS: readonly string[] = profile.message.organisations.map(({ mspId }) => mspId);

/** What these organisations' shares of a store give. Rejects when they are too few. */
export async function secretOf(slots: Uint8Array, mspIds: readonly string[] = MSP_IDS.slice(0, 4)): Promise<Uint8Array> {
  const parsed = parseSlots(slots);
  const ephemeral = UNLOCK_SUITE.generateKemKeyPair();
  const collector = createShareCollector(parsed, ephemeral);
  for (const slot of parsed.slots.filter(({ mspId }) => mspIds.includes(mspId))) {
    const share = openShareSlot(parsed, slot, consortium.organisation(slot.mspId).unlockKey);
    const { network, channel } = parsed;
    const submission = sealShareSubmission({ network, channel, ephemeralKey: ephemeral.publicKey, mspId: slot.mspId, share });
    const secret = await collector.add(create(ShareSubmissionSchema, submission));
    if (secret !== undefined) return secret;
  }
  throw new Error(`${String(collector.submitted().length)} shares are too few`);
}
