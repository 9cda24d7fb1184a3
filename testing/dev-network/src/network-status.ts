import { randomBytes } from 'node:crypto';
import { describeComputeHealth, loadTls } from '@selvedge/client';
import { isSelvedgeError } from '@selvedge/errors';
import { Compute, Follower, KeyBroker, LedgerViewStatementSchema, LIMITS, parseMessage, Sequencer, Viewer } from '@selvedge/protocol';
import { connectRpc, type TlsSetting } from '@selvedge/rpc';
import { CONFIG_FILE, plannedNodes, plannedSubmitters, plannedViewers, type PlannedNode } from './node-configs.js';
import { layoutOf } from './layout.js';
import { isStillRunning, readProcesses } from './processes.js';
import { readSavedNetwork } from './saved-network.js';
import { defaultTlsFiles } from './tls-files.js';
import { fabricNodes } from './fabric/fabric-ledger.js';
import { readFabricPlan } from './fabric/fabric-plan.js';
import { acceptsConnections } from './fabric/probes.js';
import type { NodeService } from './options.js';
import { join, resolve } from 'node:path';

/** What can be seen of one process from outside. */
export interface NodeStatus {
  readonly name: string;
  readonly service: NodeService;
  readonly mspId: string;
  readonly address: string;
  /** Where it serves /metrics, /healthz and /readyz, host:port; undefined: nowhere. */
  readonly monitoring: string | undefined;
  readonly pid: number | undefined;
  readonly running: boolean;
  readonly ready: boolean;
  /** Number of blocks, where the process knows one. */
  readonly height: bigint | undefined;
  /** Such as the contracts of a compute node, or the code of a refusal. */
  readonly detail: string;
}

type Seen = Pick<NodeStatus, 'ready' | 'height' | 'detail'>;

const TIMEOUT_MS = 2_000;

/** A process of a network as its folder names it, whether it runs or not. */
export interface SavedNode {
  readonly name: string;
  readonly service: NodeService;
  readonly mspId: string;
  /** Empty where it never listened. */
  readonly address: string;
  /** Where it serves /metrics, /healthz and /readyz, host:port; undefined: nowhere. */
  readonly monitoring: string | undefined;
  /** It need not exist: Fabric's own programs have none. */
  readonly configFile: string;
}

/** Every process of the network in a folder; empty when the folder holds none. */
export async function listSavedNodes(directory: string): Promise<SavedNode[]> {
  const layout = layoutOf(resolve(directory));
  const saved = await readSavedNetwork(layout);
  if (saved === undefined) return [];
  const plan = saved.settings.ledger === 'fabric' ? await readFabricPlan(layout) : undefined;
  const nodes = [...(plan === undefined ? [] : fabricNodes(plan)), ...plannedNodes(saved.settings), ...saved.computeNodes, ...plannedViewers(saved.settings), ...plannedSubmitters(saved.settings)];
  return nodes.map(({ name, service, mspId }) => ({
    name,
    service,
    mspId,
    address: saved.addresses[name] ?? '',
    monitoring: saved.monitoring?.[name],
    configFile: join(layout.nodeDirectory(name), CONFIG_FILE),
  }));
}

/** Status of every process of the network in a folder; empty when the folder holds none. */
export async function readNetworkStatus(directory: string): Promise<NodeStatus[]> {
  const layout = layoutOf(resolve(directory));
  const saved = await readSavedNetwork(layout);
  if (saved === undefined) return [];
  const processes = await readProcesses(layout);
  const tls = loadTls({ tls: defaultTlsFiles(layout, saved.settings) });
  return Promise.all(
    (await listSavedNodes(directory)).map(async (node) => {
      const { name, service, mspId, address, monitoring } = node;
      const recorded = processes?.nodes.find((entry) => entry.name === name);
      const running = recorded !== undefined && isStillRunning(recorded);
      const seen = running && address !== '' ? await look(node, address, tls) : { ready: false, height: undefined, detail: 'stopped' };
      return { name, service, mspId, address, monitoring, pid: running ? recorded.pid : undefined, running, ...seen };
    }),
  );
}

async function look(node: PlannedNode, address: string, tls: TlsSetting): Promise<Seen> {
  try {
    return await lookers[node.service](address, tls);
  } catch (error) {
    return { ready: false, height: undefined, detail: isSelvedgeError(error) ? error.code : 'unreachable' };
  }
}

const lookers: Readonly<Record<NodeService, (address: string, tls: TlsSetting) => Promise<Seen>>> = {
  sequencer,
  orderer: listening,
  peer: listening,
  'policy-chaincode': listening,
  submitter: listening,
  'endorsement-chaincode': listening,
  endorser: follower,
  business: follower,
  'key-broker': (address, tls) =>
    withConnection(address, tls, async (connection) => {
      await connection.client(KeyBroker).challenge({}, { timeoutMs: TIMEOUT_MS });
      return { ready: true, height: undefined, detail: 'simulated TEE' };
    }),
  compute: (address, tls) =>
    withConnection(address, tls, async (connection) => {
      const health = await connection.client(Compute).health({}, { timeoutMs: TIMEOUT_MS });
      return { ready: health.ready && !health.draining, height: health.viewHeight, detail: describeComputeHealth(health) };
    }),
  viewer: (address, tls) =>
    withConnection(address, tls, async (connection) => {
      const { ready, viewHeight, teeType, contracts } = await connection.client(Viewer).health({}, { timeoutMs: TIMEOUT_MS });
      return { ready, height: viewHeight, detail: `${teeType} TEE; opens ${contracts.length === 0 ? 'no contract' : contracts.join(', ')}` };
    }),
};

/** The sequencer answers nothing but blocks: the first one tells that it works. */
function sequencer(address: string, tls: TlsSetting): Promise<Seen> {
  return withConnection(address, tls, async (connection) => {
    const blocks = connection.client(Sequencer).deliver({ fromBlock: 0n }, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    for await (const { header } of blocks) return { ready: header.length > 0, height: undefined, detail: '' };
    return { ready: false, height: undefined, detail: 'no block' };
  });
}

function follower(address: string, tls: TlsSetting): Promise<Seen> {
  return withConnection(address, tls, async (connection) => {
    const answer = await connection.client(Follower).getLedgerView({ nonce: randomBytes(16), knownPolicyRoot: new Uint8Array(0) }, { timeoutMs: TIMEOUT_MS });
    const { height } = parseMessage(LedgerViewStatementSchema, answer.statement, LIMITS.maxFactBytes);
    return { ready: true, height, detail: '' };
  });
}

async function withConnection<T>(address: string, tls: TlsSetting, use: (connection: ReturnType<typeof connectRpc>) => Promise<T>): Promise<T> {
  const connection = connectRpc(address, { tls });
  try {
    return await use(connection);
  } finally {
    connection.close();
  }
}

/** Some have no question to ask without ordering something: listening is what can be seen. */
async function listening(address: string): Promise<Seen> {
  return { ready: await acceptsConnections(address), height: undefined, detail: '' };
}
