import { claimedTeeBinding } from '@selvedge/attestation';
import { CHANNEL_EPOCH, facts, isFactKey } from '@selvedge/policy';
import { compareText } from '@selvedge/protocol';
import type { ParsedTargetData } from '../../domain/check-shape.js';

/**
 * Keys of every fact that verifyTargetData can read for this target data, sorted, unique. Certificates are taken at
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
  return [...new Set(keys)].filter(isFactKey).sort(compareText);
}

/** What isEpochUsable reads. */
function epochFacts(contract: string, epoch: bigint): string[] {
  return [facts.epoch(contract, epoch), facts.epoch(contract, epoch + 2n), facts.revokedEpoch(contract, epoch)];
}
