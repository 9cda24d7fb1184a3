import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import type { Core } from '@selvedge/protocol';
import type { Trust } from './trust.js';

/**
 * Why a transaction was found wanting, as the caller can use it. What was executed under a contract policy that an upgrade
 * has replaced since may be refused for anything that the new one asks for, ENDORSEMENT_POLICY_FAILURE above all: then it
 * is POLICY_VERSION_MISMATCH, with the refusal as cause, and the request may be made again. Any other error comes back
 * as it is. Only asked of what is refused for good: nothing of the transaction is or will be committed.
 */
export async function explainRefusal(error: unknown, cores: readonly Core[], trust: Pick<Trust, 'newestTerms'>): Promise<unknown> {
  if (!isSelvedgeError(error, 'ENDORSEMENT_POLICY_FAILURE') && !isSelvedgeError(error, 'OWNER_SET_MISMATCH') && !isSelvedgeError(error, 'CODE_HASH_MISMATCH')) return error;
  for (const { contract, policyVersion } of cores.flatMap((core) => core.sections)) {
    // Looked at afresh, so that the next try asks for what the new policy wants.
    const newest = await trust.newestTerms(contract).catch(() => undefined);
    if (newest === undefined || newest.policy.policyVersion === policyVersion || error.code === 'CODE_HASH_MISMATCH') continue;
    const text = `contract ${contract} was executed under policy version ${String(policyVersion)}, and the ledger has ${String(newest.policy.policyVersion)} now: ${error.message}`;
    return new SelvedgeError('POLICY_VERSION_MISMATCH', text, { role: error.role, details: error.details, cause: error });
  }
  return error;
}
