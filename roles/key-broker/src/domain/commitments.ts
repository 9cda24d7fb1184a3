import { commitToKeys, commitToNameKey } from '@selvedge/attestation';
import { SelvedgeError } from '@selvedge/errors';
import { CONTRACT_NAME, type Profile } from '@selvedge/policy';
import type { KeyCommitmentsRequest } from '@selvedge/protocol';
import { MAX_EPOCH, type KeyRing } from './key-derivation.js';

/**
 * KeyCommitments bytes for a contract's epoch; anyone may ask, since commitments tell nothing of the keys.
 * Throws MALFORMED_MESSAGE, UNKNOWN_SUITE, KEY_EPOCH_UNKNOWN.
 */
export function createCommitments(request: KeyCommitmentsRequest, ring: KeyRing, profile: Profile): Uint8Array {
  const { contract, suite, epoch } = request;
  verifyAsked(request, profile);
  return commitToKeys(contract, epoch, ring.contractKeys(contract, suite, epoch));
}

/** NameKeyCommitment bytes for an epoch of a contract's name key. Throws as createCommitments. */
export function createNameCommitment(request: KeyCommitmentsRequest, ring: KeyRing, profile: Profile): Uint8Array {
  const { contract, suite, epoch } = request;
  verifyAsked(request, profile);
  return commitToNameKey(contract, epoch, ring.nameKey(contract, suite, epoch));
}

function verifyAsked({ contract, suite, epoch }: KeyCommitmentsRequest, profile: Profile): void {
  if (!CONTRACT_NAME.test(contract)) throw new SelvedgeError('MALFORMED_MESSAGE', 'contract name');
  if (!profile.message.allowedSuites.includes(suite)) throw new SelvedgeError('UNKNOWN_SUITE', 'the network profile does not allow this suite');
  if (epoch < 1n || epoch > MAX_EPOCH) throw new SelvedgeError('KEY_EPOCH_UNKNOWN', `epoch: 1 to ${String(MAX_EPOCH)} expected`);
}
