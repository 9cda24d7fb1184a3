import { isSelvedgeError, SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { facts, parseContractPolicy, type FactReader } from '@selvedge/policy';
import type { Core } from '@selvedge/protocol';
import { blockOfVerdict } from './domain/commit-status.js';
import type { Trust } from './trust.js';

const CAUSED_BY_UPGRADES: ReadonlySet<RefusalCode> = new Set<RefusalCode>(['ENDORSEMENT_POLICY_FAILURE', 'OWNER_SET_MISMATCH', 'CODE_HASH_MISMATCH']);

/**
 * Why a transaction was found wanting, as the caller can use it. What was executed under a contract policy that an upgrade
 * has replaced since may be refused for anything that the new one asks for, ENDORSEMENT_POLICY_FAILURE above all: then it
 * is POLICY_VERSION_MISMATCH, with the refusal as cause, and the request may be made again. Any other error comes back
 * as it is. Only asked of what is refused for good: nothing of the transaction is or will be committed.
 */
export async function explainRefusal(error: unknown, cores: readonly Core[], trust: Pick<Trust, 'newestView'>): Promise<unknown> {
  if (!isSelvedgeError(error) || !CAUSED_BY_UPGRADES.has(error.code)) return error;
  // Looked at afresh whatever the code, so that the next try asks for what the new policy wants.
  const view = await trust.newestView(blockOfVerdict(error)).catch(() => undefined);
  // That code names the upgrade by itself.
  if (view === undefined || error.code === 'CODE_HASH_MISMATCH') return error;
  for (const { contract, policyVersion } of cores.flatMap((core) => core.sections)) {
    const newest = policyVersionIn(view, contract);
    if (newest === undefined || newest === policyVersion) continue;
    const text = `contract ${contract} was executed under policy version ${String(policyVersion)}, and the ledger has ${String(newest)} now: ${error.message}`;
    return new SelvedgeError('POLICY_VERSION_MISMATCH', text, { role: error.role, details: error.details, cause: error });
  }
  return error;
}

/** undefined: the ledger has no such contract. */
function policyVersionIn(ledger: FactReader, contract: string): bigint | undefined {
  const bytes = ledger.fact(facts.contract(contract));
  return bytes === undefined ? undefined : parseContractPolicy(bytes).policyVersion;
}
