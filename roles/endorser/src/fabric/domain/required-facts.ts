import { claimedTeeBinding } from '@selvedge/attestation';
import { CHANNEL_EPOCH, facts, isFactKey } from '@selvedge/policy';
import { compareText, LIMITS, PacketSchema, parseMessage, type OwnerCopy } from '@selvedge/protocol';
import type { ParsedTargetData } from '../../domain/check-shape.js';

/**
 * Keys of every fact that verifyTargetData can read for this target data, sorted, unique. Certificates and packets are taken at
 * their word here: a false one asks for facts in vain and is refused later. Keys that no fact has are left out.
 */
export function requiredFacts({ cores, attachments }: ParsedTargetData): string[] {
  const keys: string[] = [facts.profile, facts.brokerRoot];
  for (const section of cores.flatMap(({ sections }) => sections)) keys.push(facts.contract(section.contract), facts.nameKeys(section.contract), ...epochFacts(section.contract, section.keyEpoch));
  for (const tee of attachments.teeSignatures) {
    const binding = claimedTeeBinding(tee.certificate);
    if (binding === undefined) continue;
    keys.push(...epochFacts(CHANNEL_EPOCH, binding.epoch));
    keys.push(facts.revokedNode(binding.nodeId), facts.revokedPlatform(binding.platformId), facts.revokedMeasurement(binding.measurement));
  }
  for (const { mspId } of attachments.packets.flatMap(claimedCopies)) keys.push(facts.ownerKeys(mspId));
  return [...new Set(keys)].filter(isFactKey).sort(compareText);
}

/** As many as a policy lets an owner set have. */
const MAX_OWNERS = 256;

/** Copies that a packet says it has; a packet that does not parse is refused later. */
function claimedCopies(packet: Uint8Array): readonly OwnerCopy[] {
  try {
    return parseMessage(PacketSchema, packet, LIMITS.maxPacketBytes).ownerCopies.slice(0, MAX_OWNERS);
  } catch {
    return [];
  }
}

/** What isEpochUsable reads. */
function epochFacts(contract: string, epoch: bigint): string[] {
  return [facts.epoch(contract, epoch), facts.epoch(contract, epoch + 2n), facts.revokedEpoch(contract, epoch)];
}
