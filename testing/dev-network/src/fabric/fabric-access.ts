import type { FabricEndpoint, LifecycleAdmin, PeerProgram } from '@selvedge/fabric-network';
import { lifecycleAdmin, ordererEndpoint, peerProgram, untilDiscovered } from './channel.js';
import type { FabricLedger } from './fabric-ledger.js';
import type { FabricPlan } from './fabric-plan.js';

/** The Fabric below a network, for tools and tests that deploy chaincode of their own or look at a peer. */
export interface FabricAccess {
  /** Organisations, ports and chaincode servers as they stand. */
  readonly plan: () => FabricPlan;
  /** For the functions of chaincode lifecycle. */
  readonly program: PeerProgram;
  readonly orderer: FabricEndpoint;
  /** An organisation's administrator at its own peer. Throws INVALID_CONFIGURATION for an organisation without a peer. */
  readonly admin: (mspId: string) => LifecycleAdmin;
  /** Waits until every peer sees the peers of these organisations run a chaincode. Throws TIMEOUT. */
  readonly untilRunning: (chaincode: string, mspIds: readonly string[], timeoutMs: number) => Promise<void>;
}

export function fabricAccess(ledger: FabricLedger): FabricAccess {
  const { target } = ledger;
  return {
    plan: () => ledger.plan(),
    program: peerProgram(target),
    orderer: ordererEndpoint(target),
    admin: (mspId) => lifecycleAdmin(target, mspId),
    untilRunning: (chaincode, mspIds, timeoutMs) => untilDiscovered(target, { among: target.plan.peers, running: { chaincode, at: target.plan.peers.filter(({ mspId }) => mspIds.includes(mspId)) }, timeoutMs }),
  };
}
