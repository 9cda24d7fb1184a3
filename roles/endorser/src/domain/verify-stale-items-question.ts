import { verifyTeeSignatures } from '@selvedge/attestation';
import { SelvedgeError } from '@selvedge/errors';
import { LIMITS, parseCores, requireAtMost, teeSigningInput, type Core, type StaleItemsRequest } from '@selvedge/protocol';
import { verifyChannel, verifyNetwork, verifySignatureLimits } from './check-shape.js';
import type { EndorsementContext } from './context.js';

/** What a question may measure before anything of it is parsed. Throws LIMIT_EXCEEDED, MALFORMED_MESSAGE for one about nothing. */
export function verifyStaleItemsSize({ cores, itemMask, teeSignatures }: StaleItemsRequest): void {
  if (cores.length === 0) throw new SelvedgeError('MALFORMED_MESSAGE', 'a question about no item');
  requireAtMost('items of a batch', cores.length, LIMITS.maxBatchItems);
  requireAtMost('bytes of an item mask', itemMask.length, LIMITS.maxBatchItems / 8);
  requireAtMost('bytes of all cores', cores.reduce((sum, core) => sum + core.length, 0), LIMITS.maxStaleItemsBytes);
  verifySignatureLimits(teeSignatures);
}

/**
 * Whose question is answered: that of whoever could have the batch endorsed. Returns the cores of the items that the mask
 * keeps. The request has passed verifyStaleItemsSize. Throws as an endorsement does for cores that do not parse, are of another network
 * or channel, or that no compute node in good standing has signed; LIMIT_EXCEEDED for more reads than one go has time for.
 */
export function verifyStaleItemsQuestion({ cores, itemMask, teeSignatures }: StaleItemsRequest, context: EndorsementContext): readonly Core[] {
  if (teeSignatures.length === 0) throw new SelvedgeError('TEE_SIGNATURE_INVALID', 'nobody has signed the batch');
  verifyTeeSignatures(teeSignatures, teeSigningInput(cores), { facts: context.state, profile: context.profile, at: context.at });
  const kept = parseCores(cores, itemMask);
  for (const core of kept) {
    verifyNetwork(core, context.profile);
    verifyChannel(core, context.profile);
  }
  requireAtMost('reads of a batch', kept.reduce((sum, { sections }) => sum + sections.reduce((reads, section) => reads + readsOf(section), 0), 0), LIMITS.maxStaleItemsReads);
  return kept;
}

function readsOf({ reads, guardsRead, keyPolicyReads }: Core['sections'][number]): number {
  return reads.length + guardsRead.length + keyPolicyReads.length;
}
