import { measureFile } from '@selvedge/attestation';
import { SelvedgeError } from '@selvedge/errors';
import { fetchChannelConfig, type ChannelConfig, type PeerProgram } from '@selvedge/fabric-network';
import type { Signer } from '@selvedge/identity';
import { findBundle } from '@selvedge/service-kit/launch';
import type { Reporter } from './deploy-report.js';
import type { OwnOrganisation } from './deployment.js';
import { ownOrganisations, type FabricFolder } from './folder.js';
import { adminOf, findPeerProgram } from './peer-program.js';
import { signingAdmins } from './signers.js';

/** What every step of a deployment works on. */
export interface DeployContext extends FabricFolder {
  readonly program: PeerProgram;
  /** Organisations that are operated here; one at least. */
  readonly own: readonly OwnOrganisation[];
  /** Their administrators, in the same order. */
  readonly admins: readonly Signer[];
  readonly channelConfig: ChannelConfig;
  readonly measurements: { readonly compute: Uint8Array; readonly keyBroker: Uint8Array; readonly viewer: Uint8Array };
  readonly reporter: Reporter;
  /** How long to wait for processes that have to be started, ms. */
  readonly waitMs: number;
}

/** Reads what the steps need: identities, the channel's configuration, the code of the TEE processes. Throws INVALID_CONFIGURATION, FABRIC_COMMAND_FAILED. */
export async function openDeployContext(folder: FabricFolder, reporter: Reporter, waitMs: number): Promise<DeployContext> {
  const { deployment, layout } = folder;
  const own = ownOrganisations(deployment);
  const [first] = own;
  if (first === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `${layout.deploymentFile}: no organisation has "own", so nothing is operated from this folder`, { role: 'cli' });
  const program = await findPeerProgram(layout.clientConfig);
  return {
    ...folder,
    program,
    own,
    admins: await signingAdmins(deployment),
    channelConfig: await fetchChannelConfig(program, adminOf(first), deployment.channel),
    measurements: { compute: measureFile(findBundle('compute'), process.version), keyBroker: measureFile(findBundle('key-broker'), process.version), viewer: measureFile(findBundle('viewer'), process.version) },
    reporter,
    waitMs,
  };
}
