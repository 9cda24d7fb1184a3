import { fetchBrokerRoot, type ConnectionProfile } from '@selvedge/client';
import { CHANNEL_EPOCH, FIRST_KEY_EPOCH, facts, type Profile } from '@selvedge/policy';
import type { DeployContext } from './deploy-context.js';
import type { PolicyAccess } from './policy-access.js';

/**
 * Has the key broker prove itself, and records its root and the envelope keys of the first epoch (DESIGN 3, bootstrap).
 * Resolves with whether the ledger has them. Throws what fetchBrokerRoot throws.
 */
export async function recordBroker({ reporter }: DeployContext, policy: PolicyAccess, input: { readonly profile: Profile; readonly connectionProfile: ConnectionProfile }): Promise<boolean> {
  if ((await policy.facts()).fact(facts.brokerRoot) !== undefined) return true;
  const value = await fetchBrokerRoot({ ...input, now: new Date() });
  const changes = [facts.brokerRoot, facts.epoch(CHANNEL_EPOCH, FIRST_KEY_EPOCH)].map((key) => ({ key, value }));
  const { proposal, blockNumber } = await policy.change({ changes }, input.profile);
  if (blockNumber === undefined) {
    reporter.wait(`the key broker’s root: approved by ${proposal.approvals.join(', ')}, ${String(proposal.needed)} organisations needed; pass ${proposal.file} on to the other operators`);
    return false;
  }
  reporter.done(`key broker verified; its root and envelope keys recorded in block ${String(blockNumber)}`);
  return true;
}
