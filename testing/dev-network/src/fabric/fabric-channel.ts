import { SelvedgeError } from '@selvedge/errors';
import type { FabricEndpoint, LifecycleAdmin, PeerProgram } from '@selvedge/fabric-network';
import { layoutOf } from '../layout.js';
import { findFabricBinaries } from './binaries.js';
import { lifecycleAdmin, ordererEndpoint, peerProgram } from './channel.js';
import { readFabricPlan } from './fabric-plan.js';

/** A running local Fabric channel, as somebody who deploys a chaincode of their own needs it. */
export interface FabricChannel {
  readonly name: string;
  readonly orderer: FabricEndpoint;
  readonly program: PeerProgram;
  /** Administrators of every organisation that has a peer. */
  readonly admins: readonly LifecycleAdmin[];
}

/** The channel of the network in a folder. Throws INVALID_CONFIGURATION when that is no Fabric network. */
export async function fabricChannel(directory: string): Promise<FabricChannel> {
  const layout = layoutOf(directory);
  const plan = await readFabricPlan(layout);
  if (plan === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `${directory} holds no Fabric network`, { role: 'cli' });
  const target = { layout, plan, binaries: findFabricBinaries() };
  return { name: plan.channel, orderer: ordererEndpoint(target), program: peerProgram(target), admins: plan.peers.map(({ mspId }) => lifecycleAdmin(target, mspId)) };
}
