import { openFabricGateway } from '@selvedge/client';
import { POLICY_CHAINCODE } from '@selvedge/fabric';
import { applyPolicyTransaction, deployChaincode } from '@selvedge/fabric-network';
import { SelvedgeError } from '@selvedge/errors';
import { readIfPresent } from '@selvedge/service-kit/launch';
import { ADMIN, loadSigner } from '../identities.js';
import type { NodeGroup } from '../node-group.js';
import type { NetworkSettings, ProgressEvent } from '../options.js';
import { userTlsFiles } from '../tls-files.js';
import { packageOf } from './chaincode-nodes.js';
import { joinOrderer, joinPeer, lifecycleAdmin, ordererEndpoint, peerProgram, untilDiscovered } from './channel.js';
import { fabricNodes, fabricSection, type FabricLedger } from './fabric-ledger.js';

/** Who governs chaincodes of the network: a majority of the organisations. */
export const GOVERNANCE_POLICY = '/Channel/Application/LifecycleEndorsement';
const POLICY_CHAINCODE_VERSION = '1';
const READY_TIMEOUT_MS = 60_000;
const STEP_TIMEOUT_MS = 30_000;

/**
 * Starts orderer, peers and chaincode servers, and waits until the peers of the channel know one another. In a new
 * network it makes the channel, deploys the policy chaincode and has it record the network profile.
 */
export async function startFabric(input: {
  readonly ledger: FabricLedger;
  readonly settings: NetworkSettings;
  readonly group: NodeGroup;
  readonly isNew: boolean;
  readonly progress: (event: ProgressEvent) => void;
}): Promise<void> {
  const { ledger, settings, group, isNew, progress } = input;
  const { target } = ledger;
  const plan = ledger.plan();
  const nodes = fabricNodes(plan);
  const [programs, servers] = [nodes.filter(isProgram), nodes.filter((node) => !isProgram(node))];
  progress({ step: 'start', text: `starting Hyperledger Fabric: an orderer and ${String(plan.peers.length)} peers` });
  await Promise.all(programs.map((node) => group.start(node)));
  const serving = Promise.all(servers.map((node) => group.start(node)));
  // It is awaited below; until then its failure must not end this process.
  serving.catch(() => undefined);
  await joinOrderer(target, READY_TIMEOUT_MS);
  // One after the other: peers that connect to each other at the same moment lose five seconds.
  for (const peer of plan.peers) await joinPeer(target, peer);
  if (isNew) {
    progress({ step: 'start', text: `deploying the policy chaincode on channel ${plan.channel}` });
    const organisations = await Promise.all(
      plan.chaincodes
        .filter(({ service }) => service === 'policy-chaincode')
        .map(async (chaincode) => ({ admin: lifecycleAdmin(target, chaincode.mspId), chaincodePackage: await packageOf(target.layout, plan, chaincode) })),
    );
    const definition = { channel: plan.channel, name: POLICY_CHAINCODE, version: POLICY_CHAINCODE_VERSION, policy: { channelConfigPolicy: GOVERNANCE_POLICY } };
    await deployChaincode({ program: peerProgram(target), orderer: ordererEndpoint(target), definition, organisations });
  }
  await serving;
  await untilDiscovered(target, { among: plan.peers, running: { chaincode: POLICY_CHAINCODE, at: plan.peers }, timeoutMs: READY_TIMEOUT_MS });
  if (isNew) {
    await recordProfile(ledger, settings);
    progress({ step: 'profile', text: 'the policy chaincode has recorded the network profile' });
  }
}

const isProgram = ({ service }: { readonly service: string }): boolean => service === 'orderer' || service === 'peer';

/** The first policy change of the channel: the profile, as every process of the network has it pinned. */
async function recordProfile(ledger: FabricLedger, settings: NetworkSettings): Promise<void> {
  const { layout } = ledger.target;
  const genesis = await readIfPresent(layout.genesisFile);
  if (genesis === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `${layout.genesisFile} is missing`, { role: 'cli' });
  const [mspId = ''] = settings.businessOrganisations;
  const connectionProfile = { channel: settings.channel, fabric: fabricSection(layout, ledger.plan()), tls: userTlsFiles(layout, mspId, ADMIN) };
  const gateway = await openFabricGateway({ connectionProfile, signer: await loadSigner(layout, mspId, ADMIN) });
  try {
    await applyPolicyTransaction(gateway, genesis, { timeoutMs: STEP_TIMEOUT_MS, nowMs: () => performance.now() });
  } finally {
    gateway.close();
  }
}
