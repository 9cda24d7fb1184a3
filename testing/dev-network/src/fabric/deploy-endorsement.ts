import { endorsersOf } from '@selvedge/policy';
import { SelvedgeError } from '@selvedge/errors';
import { createCollections, ENDORSEMENT_CHAINCODE_VERSION, takenOver } from '@selvedge/fabric';
import { deployChaincode, type ChaincodeDeployment } from '@selvedge/fabric-network';
import type { ContractPolicy } from '@selvedge/protocol';
import { packageOf } from './chaincode-nodes.js';
import { lifecycleAdmin, ordererEndpoint, peerProgram, untilDiscovered, type ChannelTarget } from './channel.js';
import { planEndorsementChaincode, readFabricPlan, type FabricPlan } from './fabric-plan.js';
import type { FabricOptions } from './fabric-options.js';
import { GOVERNANCE_POLICY } from './fabric-start.js';

/** Fabric's rule for chaincode names (core/chaincode/lifecycle). */
const CHAINCODE_NAME = /^[A-Za-z0-9]+([-_][A-Za-z0-9]+)*$/;
const READY_TIMEOUT_MS = 60_000;

/** Brings contracts' endorsement chaincodes onto the channel. */
export interface EndorsementDeployer {
  /** Throws what deployEndorsement throws. @param keepers default: the network's */
  deploy(policy: ContractPolicy, keepers?: FabricOptions['keepers']): Promise<ChaincodeDeployment>;
}

/** @param start called with a plan that has more servers; resolves when they listen */
export function createEndorsementDeployer(target: ChannelTarget, start: (plan: FabricPlan) => Promise<void>): EndorsementDeployer {
  return {
    async deploy(policy, keepers) {
      const plan = (await readFabricPlan(target.layout)) ?? target.plan;
      return deployEndorsement({ target, plan, policy, start, ...(keepers === undefined ? {} : { keepers }) });
    },
  };
}

/**
 * Deploys a contract's endorsement chaincode under the contract's name: plans a server beside the peer of every
 * organisation that endorses, has them started, brings the definition with the contract's collections onto the channel,
 * and waits until every peer sees it run. Done again after the policy has changed, it changes what is different.
 * Throws INVALID_CONFIGURATION for a name that Fabric refuses or an endorser without a peer, FABRIC_COMMAND_FAILED.
 * @param input.start called with the changed plan; resolves when the servers in it listen
 */
export async function deployEndorsement(input: {
  readonly target: ChannelTarget;
  readonly plan: FabricPlan;
  readonly policy: ContractPolicy;
  readonly keepers?: FabricOptions['keepers'];
  readonly start: (plan: FabricPlan) => Promise<void>;
}): Promise<ChaincodeDeployment> {
  const { target, policy } = input;
  const { name } = policy;
  if (!CHAINCODE_NAME.test(name)) throw new SelvedgeError('INVALID_CONFIGURATION', `contract ${JSON.stringify(name)}: Fabric allows letters and digits, joined by single - or _, in chaincode names`, { role: 'cli' });
  const endorsers = endorsersOf(policy);
  const withoutPeer = endorsers.filter((mspId) => !input.plan.peers.some((peer) => peer.mspId === mspId));
  if (withoutPeer.length > 0) throw new SelvedgeError('INVALID_CONFIGURATION', `the policy of ${name} names endorsers without a peer in this network: ${withoutPeer.join(', ')}`, { role: 'cli' });

  const plan = await planEndorsementChaincode(input.plan, name, endorsers);
  await input.start(plan);
  const servers = plan.chaincodes.filter(({ chaincode, mspId }) => chaincode === name && endorsers.includes(mspId));
  const organisations = await Promise.all(
    plan.peers.map(async ({ mspId }) => {
      const server = servers.find((candidate) => candidate.mspId === mspId);
      return { admin: lifecycleAdmin(target, mspId), ...(server === undefined ? {} : { chaincodePackage: await packageOf(target.layout, plan, server) }) };
    }),
  );
  const collections = JSON.stringify(createCollections(policy, { keepers: input.keepers ?? plan.keepers, markerMembers: [plan.orderer.mspId] }));
  const definition = { channel: plan.channel, name, version: ENDORSEMENT_CHAINCODE_VERSION, policy: { channelConfigPolicy: GOVERNANCE_POLICY }, collections };
  const deployment = await deployChaincode({ program: peerProgram(target), orderer: ordererEndpoint(target), definition, organisations, takesOver: takenOver(policy) });
  if (!deployment.committed) {
    const missing = Object.entries(deployment.approvals).filter(([, approved]) => !approved).map(([mspId]) => mspId);
    throw new SelvedgeError('FABRIC_COMMAND_FAILED', `${name}: too few organisations approved the chaincode definition; missing: ${missing.join(', ')}`, { role: 'cli' });
  }
  await untilDiscovered(target, { among: plan.peers, running: { chaincode: name, at: plan.peers.filter(({ mspId }) => endorsers.includes(mspId)) }, timeoutMs: READY_TIMEOUT_MS });
  return deployment;
}
