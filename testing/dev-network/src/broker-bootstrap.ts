import { fetchBrokerRoot, type ConnectionProfile } from '@selvedge/client';
import type { Signer } from '@selvedge/identity';
import { CHANNEL_EPOCH, FIRST_KEY_EPOCH, facts, type Profile } from '@selvedge/policy';
import type { PolicySession } from './policy-session.js';

/**
 * What administrators do once the key broker proves itself (DESIGN 3, bootstrap): they verify its evidence and record
 * its root and the envelope keys of the first epoch. Throws what fetchBrokerRoot and PolicySession.change throw.
 */
export async function recordBroker(input: {
  readonly connectionProfile: ConnectionProfile;
  readonly profile: Profile;
  readonly session: PolicySession;
  readonly administrators: readonly Signer[];
  readonly now: Date;
}): Promise<void> {
  const value = await fetchBrokerRoot(input);
  const changes = [facts.brokerRoot, facts.epoch(CHANNEL_EPOCH, FIRST_KEY_EPOCH)].map((key) => ({ key, value }));
  await input.session.change(changes, input.administrators);
}
