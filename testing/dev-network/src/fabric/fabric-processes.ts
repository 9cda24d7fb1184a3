import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeJson, type NodeProcess } from '@selvedge/service-kit/launch';
import { ORDERER, PEER } from '../identities.js';
import type { Layout } from '../layout.js';
import { DATA_FOLDER, LOG_FILE } from '../node-configs.js';
import type { FabricBinaries } from './binaries.js';
import { startExternalProcess } from './external-process.js';
import { fabricLayout } from './fabric-layout.js';
import { HOST, type FabricPlan, type PlannedPeer } from './fabric-plan.js';
import { ordererSettings, peerSettings } from './node-settings.js';
import { acceptsConnections, isHealthy, isLeader } from './probes.js';

const LOG_LEVEL = 'WARNING';

/** What starting a process of Fabric works on. */
export interface FabricProcessInput {
  readonly layout: Layout;
  readonly plan: FabricPlan;
  readonly binaries: FabricBinaries;
  readonly environment: Readonly<Record<string, string>>;
  readonly readyTimeoutMs: number;
}

/** Starts the orderer, or starts it again on its data. Its configuration file is written anew. */
export async function startOrderer(input: FabricProcessInput): Promise<NodeProcess> {
  const { layout, plan, binaries } = input;
  const { orderer } = plan;
  const folder = await prepare(layout, orderer.name);
  const fabric = fabricLayout(layout);
  const settings = ordererSettings({ plan, layout, mspDirectory: fabric.identityMsp(orderer.mspId, ORDERER), dataDirectory: folder.data });
  await writeJson(join(folder.directory, 'orderer.yaml'), settings);
  const { address, isReady } = probed(orderer.operationsPort, [orderer.port, orderer.adminPort]);
  // Once it has the channel it is of no use before it leads.
  const hasChannel = existsSync(join(folder.data, 'ledger', 'chains', plan.channel));
  const isReadyAndLeads = async (): Promise<boolean> => (await isReady()) && (!hasChannel || (await isLeader(`${HOST}:${String(orderer.operationsPort)}`, plan.channel)));
  return startExternalProcess({ ...common(input, orderer.name, folder), program: binaries.orderer, args: ['start'], address, isReady: isReadyAndLeads });
}

/** Starts a peer, or starts it again on its data. Its configuration file is written anew. */
export async function startPeer(input: FabricProcessInput, peer: PlannedPeer): Promise<NodeProcess> {
  const { layout, plan, binaries } = input;
  const folder = await prepare(layout, peer.name);
  const fabric = fabricLayout(layout);
  const settings = peerSettings(peer, { plan, layout, mspDirectory: fabric.identityMsp(peer.mspId, PEER), dataDirectory: folder.data });
  await writeJson(join(folder.directory, 'core.yaml'), settings);
  return startExternalProcess({ ...common(input, peer.name, folder), program: binaries.peer, args: ['node', 'start'], ...probed(peer.operationsPort, [peer.port]) });
}

interface Folder {
  readonly directory: string;
  readonly data: string;
}

async function prepare(layout: Layout, name: string): Promise<Folder> {
  const directory = layout.nodeDirectory(name);
  const data = join(directory, DATA_FOLDER);
  await mkdir(data, { recursive: true });
  return { directory, data };
}

function common({ environment, readyTimeoutMs }: FabricProcessInput, name: string, { directory }: Folder) {
  return {
    name,
    environment: { FABRIC_LOGGING_SPEC: LOG_LEVEL, ...environment, FABRIC_CFG_PATH: directory },
    workingDirectory: directory,
    logFile: join(directory, LOG_FILE),
    readyTimeoutMs,
  };
}

/** Ready: the operations endpoint says so, and the ports take connections. The first port is the node's address. */
function probed(operationsPort: number, ports: readonly [number, ...number[]]) {
  const addresses = ports.map((port) => `${HOST}:${String(port)}`);
  const isReady = async (): Promise<boolean> => (await isHealthy(`${HOST}:${String(operationsPort)}`)) && (await Promise.all(addresses.map(acceptsConnections))).every(Boolean);
  return { address: `${HOST}:${String(ports[0])}`, isReady };
}
