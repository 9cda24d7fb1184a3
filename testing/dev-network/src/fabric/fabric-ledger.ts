import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { FabricSection } from '@selvedge/client';
import { SelvedgeError } from '@selvedge/errors';
import type { NodeProcess } from '@selvedge/service-kit/launch';
import type { Layout } from '../layout.js';
import { DATA_FOLDER, plannedNodes, type PlannedNode } from '../node-configs.js';
import type { NetworkSettings } from '../options.js';
import { findFabricBinaries } from './binaries.js';
import { writeBuilder } from './builder.js';
import { chaincodeConfig } from './chaincode-nodes.js';
import { createGenesisBlock, type ChannelTarget } from './channel.js';
import { writeCryptoMaterial } from './crypto-material.js';
import { fabricLayout } from './fabric-layout.js';
import { HOST, HOST_NAME, planFabric, readFabricPlan, writeFabricPlan, type FabricPlan } from './fabric-plan.js';
import type { FabricOptions, FollowedPeer } from './fabric-options.js';
import { startOrderer, startPeer } from './fabric-processes.js';

/** The Fabric side of a network whose processes the node group runs. */
export interface FabricLedger {
  readonly target: ChannelTarget;
  /** As it stands: deployments add chaincode servers. */
  plan(): FabricPlan;
  /** Goes on with a plan that a deployment has written. */
  adoptPlan(plan: FabricPlan): void;
  /** Starts the orderer or a peer. Throws UNAVAILABLE with the end of its log. */
  startProgram(node: PlannedNode, options: { readonly environment: Readonly<Record<string, string>>; readonly readyTimeoutMs: number }): Promise<NodeProcess>;
  /** Configuration file of a chaincode's server. */
  configOf(node: PlannedNode): Promise<Record<string, unknown>>;
  /** How the organisation's follower reaches its peer; undefined for an organisation without one. */
  followedPeer(mspId: string): FollowedPeer | undefined;
}

/**
 * Finds Fabric's programs and the plan of the network in the folder; for a new network makes ports, MSP folders, TLS
 * certificates, the external builder and the channel's first block.
 * Throws INVALID_CONFIGURATION naming programs that are missing, FABRIC_COMMAND_FAILED.
 */
export async function openFabricLedger(input: { readonly layout: Layout; readonly settings: NetworkSettings; readonly options: FabricOptions; readonly isNew: boolean }): Promise<FabricLedger> {
  const { layout, settings } = input;
  const binaries = findFabricBinaries();
  let plan = input.isNew ? await makePlan(layout, settings, input.options) : await requirePlan(layout);
  const target: ChannelTarget = { layout, plan, binaries };
  await writeBuilder(fabricLayout(layout).builderDirectory);
  if (input.isNew) {
    await writeCryptoMaterial(layout, plan);
    await createGenesisBlock(target);
  }
  const chaincodeOf = (node: PlannedNode) => plan.chaincodes.find(({ name }) => name === node.name);
  return {
    target,
    plan: () => plan,
    adoptPlan(changed) {
      plan = changed;
    },
    startProgram(node, { environment, readyTimeoutMs }) {
      const common = { layout, plan, binaries, environment, readyTimeoutMs };
      if (node.service === 'orderer') return startOrderer(common);
      const peer = plan.peers.find(({ name }) => name === node.name);
      if (peer === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `${node.name} is no peer of this network`, { role: 'cli' });
      return startPeer(common, peer);
    },
    async configOf(node) {
      const chaincode = chaincodeOf(node);
      if (chaincode === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `${node.name} is no chaincode of this network`, { role: 'cli' });
      return chaincodeConfig(layout, plan, settings.network, chaincode);
    },
    followedPeer(mspId) {
      const peer = plan.peers.find((candidate) => candidate.mspId === mspId);
      return peer && { endpoint: `${HOST}:${String(peer.port)}`, tlsRootCertificate: fabricLayout(layout).tlsRoot(mspId), hostnameOverride: HOST_NAME };
    },
  };
}

async function requirePlan(layout: Layout): Promise<FabricPlan> {
  const plan = await readFabricPlan(layout);
  if (plan === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `${fabricLayout(layout).planFile} is missing`, { role: 'cli' });
  return plan;
}

/** What is left of a start that never finished does not fit new keys. */
async function makePlan(layout: Layout, settings: NetworkSettings, options: FabricOptions): Promise<FabricPlan> {
  const abandoned = await readFabricPlan(layout);
  if (abandoned !== undefined) {
    const nodes = [...fabricNodes(abandoned), ...plannedNodes(settings)];
    for (const { name } of nodes) await rm(join(layout.nodeDirectory(name), DATA_FOLDER), { recursive: true, force: true });
    await rm(fabricLayout(layout).directory, { recursive: true, force: true });
  }
  const plan = await planFabric(settings, options);
  await writeFabricPlan(layout, plan);
  return plan;
}

/** Orderer, peers and chaincode servers as nodes of the network. */
export function fabricNodes({ orderer, peers, chaincodes }: FabricPlan): PlannedNode[] {
  return [
    { name: orderer.name, service: 'orderer', mspId: orderer.mspId },
    ...peers.map(({ name, mspId }) => ({ name, service: 'peer' as const, mspId })),
    ...chaincodes.map(({ name, service, mspId }) => ({ name, service, mspId })),
  ];
}

/** The `fabric` section of a connection profile, with absolute paths. */
export function fabricSection(layout: Layout, { peers }: FabricPlan): FabricSection {
  return { peers: peers.map(({ mspId, port }) => ({ mspId, endpoint: `${HOST}:${String(port)}`, tlsRootCertificate: fabricLayout(layout).tlsRoot(mspId), hostnameOverride: HOST_NAME })) };
}

/** The same for a file in the network's folder, which may be moved. */
export function relativeFabricSection(layout: Layout, plan: FabricPlan): FabricSection {
  const peers = fabricSection(layout, plan).peers.map((peer) => ({ ...peer, tlsRootCertificate: relative(layout.directory, peer.tlsRootCertificate) }));
  return { peers };
}
