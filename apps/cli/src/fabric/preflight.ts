import { readFile } from 'node:fs/promises';
import { SelvedgeError } from '@selvedge/errors';
import { checkChannelSettings, type DeployWarning } from '@selvedge/fabric';
import type { ChannelConfig } from '@selvedge/fabric-network';
import type { Deployment, OwnOrganisation } from './deployment.js';
import { ownOrganisations } from './folder.js';
import { readPeerSettings, type SourceText } from './peer-settings.js';

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
  for (const organisation of ownOrganisations(deployment)) warnings.push(...(await checkPeer(organisation)));
  return warnings;
}

/** The settings that no channel configuration holds and no peer tells. */
async function checkPeer({ mspId, own: { peerConfig, peerEnvironment } }: OwnOrganisation): Promise<DeployWarning[]> {
  if (peerConfig === undefined && peerEnvironment === undefined) {
    return [{
      code: 'PEER_SETTINGS_UNSEEN',
      message: `peer of ${mspId}: whether a missing packet stalls its commits or is lost for good depends on settings that only its core.yaml and environment tell, and the stock core.yaml has risky ones; name them in own.peerConfig and own.peerEnvironment to have them checked`,
    }];
  }
  const read = async (setting: string, source: string | undefined): Promise<SourceText | undefined> => {
    if (source === undefined) return undefined;
    const text = await readFile(source, 'utf8').catch((cause: unknown) => {
      throw new SelvedgeError('INVALID_CONFIGURATION', `organisations: ${mspId}.own.${setting}: cannot read ${source}`, { role: 'cli', cause });
    });
    return { text, source };
  };
  const settings = readPeerSettings({ config: await read('peerConfig', peerConfig), environment: await read('peerEnvironment', peerEnvironment) });
  return checkChannelSettings(settings).map(({ code, message }) => ({ code, message: `peer of ${mspId}: ${message}` }));
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
