import { readFile } from 'node:fs/promises';
import { SelvedgeError } from '@selvedge/errors';
import { checkChannelSettings, type DeployWarning } from '@selvedge/fabric';
import type { ChannelConfig } from '@selvedge/fabric-network';
import type { Deployment } from './deployment.js';
import { ownOrganisations } from './folder.js';
import { parsePeerSettings } from './peer-settings.js';

/** Application capabilities under which collections have endorsement policies of their own. */
const APPLICATION_CAPABILITY = /^V(?:2_[05]|[3-9]_\d+)$/;

/**
 * Risky settings of the channel, and of the peers whose configuration the deployment names. Each names the risk and what
 * to set. Throws INVALID_CONFIGURATION for a channel on which Selvedge cannot work.
 */
export async function checkSettings(deployment: Deployment, channelConfig: ChannelConfig): Promise<DeployWarning[]> {
  const { maxMessageCount, absoluteMaxBytes, applicationCapabilities } = channelConfig;
  if (!applicationCapabilities.some((name) => APPLICATION_CAPABILITY.test(name))) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `channel ${deployment.channel} has the application capability ${applicationCapabilities.join(', ') || 'of the first release'}; Selvedge needs V2_0 or V2_5: have the channel’s administrators update it`, { role: 'cli' });
  }
  const warnings = [...checkGovernance(deployment, channelConfig), ...checkChannelSettings({ maxMessageCount, absoluteMaxBytes, largestPrivateBytes: deployment.largestPrivateBytes })];
  for (const { mspId, own } of ownOrganisations(deployment)) {
    if (own.peerConfig === undefined) continue;
    const text = await readFile(own.peerConfig, 'utf8').catch((cause: unknown) => {
      throw new SelvedgeError('INVALID_CONFIGURATION', `organisations: ${mspId}.own.peerConfig: cannot read ${own.peerConfig ?? ''}`, { role: 'cli', cause });
    });
    warnings.push(...checkChannelSettings(parsePeerSettings(text, own.peerConfig)).map(({ code, message }) => ({ code, message: `peer of ${mspId}: ${message}` })));
  }
  return warnings;
}

/** Policy changes are endorsed under the channel's LifecycleEndorsement, by default a majority of its organisations. */
function checkGovernance({ organisations }: Deployment, channelConfig: ChannelConfig): DeployWarning[] {
  const all = channelConfig.organisations.length;
  if (organisations.length * 2 > all) return [];
  return [{
    code: 'POLICY_CANNOT_CHANGE',
    message: `${String(organisations.length)} of the channel’s ${String(all)} organisations take part and run the policy chaincode; under the channel’s LifecycleEndorsement policy, which is a majority unless it was changed, they can neither commit chaincodes nor record policy changes by themselves: have more organisations take part`,
  }];
}
