import { claimedTeeBinding } from '@selvedge/attestation';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { isEpochUsable, isKeyChange, standingOfNames, verifyTeeStanding, type FactReader } from '@selvedge/policy';
import type { Core, TeeSignature } from '@selvedge/protocol';
import { blockOfVerdict } from './domain/commit-status.js';
import type { Trust } from './trust.js';

/** What a transaction was executed with. */
export interface ExecutedWith {
  readonly cores: readonly Core[];
  readonly teeSignatures: readonly Pick<TeeSignature, 'certificate'>[];
}

/**
 * Why a transaction lost a conflict, as the caller can use it: a rotation or revocation between endorsement and commit
 * shows as MVCC_READ_CONFLICT too, on the facts. Where its keys or nodes have lost their standing since, that is the
 * code, with the conflict as cause, and the request may be made again. Any other error comes back as it is.
 */
export async function explainConflict(error: unknown, executed: ExecutedWith, trust: Pick<Trust, 'newestView'>): Promise<unknown> {
  if (!isSelvedgeError(error, 'MVCC_READ_CONFLICT')) return error;
  const view = await trust.newestView(blockOfVerdict(error)).catch(() => undefined);
  const lost = view && lostStanding(executed, view);
  return lost === undefined ? error : new SelvedgeError(lost.code, `${lost.message}: ${error.message}`, { role: error.role, details: error.details, cause: error });
}

function lostStanding({ cores, teeSignatures }: ExecutedWith, ledger: FactReader): SelvedgeError | undefined {
  for (const { contract, keyEpoch, names } of cores.flatMap((core) => core.sections)) {
    const standing = standingOfNames(ledger, contract, names);
    if (standing === 'migrating') return new SelvedgeError('CONTRACT_MIGRATING', `contract ${contract} takes no updates while its names are migrated`);
    if (standing === 'changed') return new SelvedgeError('NAME_KEYS_CHANGED', `the names of contract ${contract} have changed since`);
    const status = isEpochUsable(ledger, contract, keyEpoch);
    if (status === 'retired') return new SelvedgeError('KEY_EPOCH_RETIRED', `key epoch ${String(keyEpoch)} of contract ${contract} has been retired since`);
    if (status === 'revoked') return new SelvedgeError('KEY_EPOCH_REVOKED', `key epoch ${String(keyEpoch)} of contract ${contract} has been revoked since`);
  }
  for (const { certificate } of teeSignatures) {
    const binding = claimedTeeBinding(certificate); // endorsers verified it
    try {
      if (binding !== undefined) verifyTeeStanding(ledger, binding, binding);
    } catch (error) {
      if (isSelvedgeError(error) && isKeyChange(error.code)) return error;
    }
  }
  return undefined;
}
