import { resolve } from 'node:path';
import { connect, loadConnectionProfile, loadSignedProfile, type ConnectionProfile, type ConnectOptions, type Gateway } from '@selvedge/client';
import type { LifecyclePorts } from '@selvedge/contract-lifecycle';
import { SelvedgeError } from '@selvedge/errors';
import type { DevCa, Signer } from '@selvedge/identity';
import { verifySignedProfile, type Profile } from '@selvedge/policy';
import type { DeployOptions } from './deploy-options.js';
import { deployContract, withLifecycle, type Deployment, type DeployTarget } from './deploy.js';
import { findFabricBinaries } from './fabric/binaries.js';
import { createEndorsementDeployer } from './fabric/deploy-endorsement.js';
import { readFabricPlan } from './fabric/fabric-plan.js';
import { requestServers } from './fabric/server-starts.js';
import { FIRST_USER, loadCa, loadSigner } from './identities.js';
import { layoutOf, type Layout } from './layout.js';
import type { NetworkSettings } from './options.js';
import { openPolicySession, type PolicySession } from './policy-session.js';
import { readSavedNetwork } from './saved-network.js';

/** A network's folder, as another process than the one that runs it sees it. */
export interface NetworkFolder {
  readonly layout: Layout;
  readonly settings: NetworkSettings;
  readonly connectionProfile: ConnectionProfile;
  /** SignedProfile bytes. */
  readonly signedProfile: Uint8Array;
  readonly profile: Profile;
  /** Throws INVALID_CONFIGURATION when the folder has no such identity. */
  identity(mspId: string, user?: string): Promise<Signer>;
  /** The organisation's CA, which signs its revocation lists. Throws INVALID_CONFIGURATION. */
  authority(mspId: string): Promise<DevCa>;
  connect(identity: Signer, options?: Partial<ConnectOptions>): Gateway;
  openPolicySession(): PolicySession;
  deploy(directory: string, options?: DeployOptions): Promise<Deployment>;
  /** Opens what a contract's lifecycle needs of the network, for as long as it is used. */
  withLifecycle<T>(use: (ports: LifecyclePorts, session: PolicySession) => Promise<T>): Promise<T>;
}

/** Opens the folder of a network that was started at least once. Throws INVALID_CONFIGURATION. */
export async function openNetworkFolder(directory: string): Promise<NetworkFolder> {
  const layout = layoutOf(resolve(directory));
  const saved = await readSavedNetwork(layout);
  if (saved === undefined) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `${layout.directory} holds no network; "selvedge up" makes one, --dir names another folder`, { role: 'cli' });
  }
  const { settings } = saved;
  const connectionProfile = await loadConnectionProfile(layout.networkFile);
  const signedProfile = await loadSignedProfile(connectionProfile);
  const profile = verifySignedProfile(signedProfile);
  const target = async (): Promise<DeployTarget> => {
    const plan = settings.ledger === 'fabric' ? await readFabricPlan(layout) : undefined;
    const endorsement = plan && createEndorsementDeployer({ layout, plan, binaries: findFabricBinaries() }, (changed) => requestServers(layout, changed));
    return { layout, settings, connectionProfile, profile, endorsement };
  };
  return {
    layout,
    settings,
    connectionProfile,
    signedProfile,
    profile,
    identity: (mspId, user = FIRST_USER) => loadSigner(layout, mspId, user),
    authority: (mspId) => loadCa(layout, mspId),
    connect: (identity, options = {}) =>
      connect({ connectionProfile, signedProfile, identity, reload: () => loadConnectionProfile(layout.networkFile), ...options }),
    openPolicySession: () => openPolicySession({ connectionProfile, profile }),
    deploy: async (contract, options) => deployContract(await target(), contract, options),
    withLifecycle: async (use) => withLifecycle(await target(), undefined, use),
  };
}
