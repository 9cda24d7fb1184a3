import { randomBytes } from 'node:crypto';
import { describeComputeHealth, loadTls, type ConnectionProfile } from '@selvedge/client';
import { isSelvedgeError } from '@selvedge/errors';
import { Compute, Follower, KeyBroker, LedgerViewStatementSchema, LIMITS, parseMessage, Viewer } from '@selvedge/protocol';
import { connectRpc, type RpcConnection, type TlsSetting } from '@selvedge/rpc';
import { isStillRunning } from '@selvedge/service-kit/launch';
import { acceptsConnections } from './await-services.js';
import type { Deployment } from './deployment.js';
import type { FabricFolder } from './folder.js';
import { brokersOf, isBusiness, nodeAddress, nodesInTees, planServices, shortName, type FabricService } from './services.js';
import { readMissing } from './missing-packets.js';
import { readRunning, serviceLog } from './start.js';

/** What can be seen of a node from outside. */
export interface NodeStatus {
  readonly name: string;
  readonly service: FabricService;
  readonly mspId: string;
  readonly address: string;
  /** Of a process of this folder that runs. */
  readonly pid: number | undefined;
  readonly ready: boolean;
  /** Blocks that it has, where it tells. */
  readonly height: bigint | undefined;
  /** Packets that its peer has not got yet, as far as a process of this folder has told. */
  readonly missingPackets: number;
  /** Such as the contracts of a compute node, or the code of a refusal. */
  readonly detail: string;
}

type Seen = Pick<NodeStatus, 'ready' | 'height' | 'detail'>;
type Planned = Pick<NodeStatus, 'name' | 'service' | 'mspId' | 'address'>;

const TIMEOUT_MS = 3_000;

/** Looks at every process of this folder, and at the nodes of the other organisations. */
export async function readNodes(folder: FabricFolder, connectionProfile: ConnectionProfile): Promise<NodeStatus[]> {
  const { deployment, layout } = folder;
  const running = (await readRunning(layout))?.services.filter(isStillRunning) ?? [];
  const tls = loadTls(connectionProfile);
  return Promise.all(
    [...planServices(deployment), ...nodesOfOthers(deployment)].map(async ({ name, service, mspId, address }) => {
      const pid = running.find((recorded) => recorded.name === name)?.pid;
      const seen = await look({ name, service, mspId, address }, tls);
      const missing = pid === undefined ? undefined : await readMissing(serviceLog(layout, name));
      const detail = missing === undefined ? seen.detail : `${String(missing.count)} packets missing, such as in block ${missing.block}`;
      return { name, service, mspId, address, pid, ...seen, detail, missingPackets: missing?.count ?? 0 };
    }),
  );
}

/** Nodes that other operators run, as the deployment names them. */
export function nodesOfOthers(deployment: Deployment): Pick<NodeStatus, 'name' | 'service' | 'mspId' | 'address'>[] {
  const services = planServices(deployment);
  return [
    ...deployment.organisations
      .filter(({ own }) => own === undefined)
      .map((organisation) => {
        const service = isBusiness(organisation) ? ('business' as const) : ('endorser' as const);
        return { name: `${service}-${shortName(organisation.mspId)}`, service, mspId: organisation.mspId, address: nodeAddress(organisation) };
      }),
    ...brokersOf(deployment),
    ...nodesInTees(deployment),
  ].filter(({ name }) => !services.some((service) => service.name === name));
}

async function look({ service, address }: Planned, tls: TlsSetting): Promise<Seen> {
  if (service === 'policy-chaincode' || service === 'endorsement-chaincode') {
    // A chaincode's server talks to its peer alone: listening is what can be seen.
    const ready = await acceptsConnections(address);
    return { ready, height: undefined, detail: ready ? '' : 'does not listen' };
  }
  const connection = connectRpc(address, { tls });
  try {
    return await LOOKERS[service](connection);
  } catch (error) {
    return { ready: false, height: undefined, detail: isSelvedgeError(error) ? error.code : 'unreachable' };
  } finally {
    connection.close();
  }
}

async function lookAtFollower(connection: RpcConnection): Promise<Seen> {
  const answer = await connection.client(Follower).getLedgerView({ nonce: randomBytes(16), knownPolicyRoot: new Uint8Array(0) }, { timeoutMs: TIMEOUT_MS });
  const { height } = parseMessage(LedgerViewStatementSchema, answer.statement, LIMITS.maxFactBytes);
  return { ready: true, height, detail: '' };
}

const LOOKERS: Readonly<Record<Exclude<FabricService, 'policy-chaincode' | 'endorsement-chaincode'>, (connection: RpcConnection) => Promise<Seen>>> = {
  endorser: lookAtFollower,
  business: lookAtFollower,
  'key-broker': async (connection) => {
    await connection.client(KeyBroker).challenge({}, { timeoutMs: TIMEOUT_MS });
    return { ready: true, height: undefined, detail: 'simulated TEE' };
  },
  compute: async (connection) => {
    const health = await connection.client(Compute).health({}, { timeoutMs: TIMEOUT_MS });
    return { ready: health.ready && !health.draining, height: health.viewHeight, detail: describeComputeHealth(health) };
  },
  viewer: async (connection) => {
    const { ready, viewHeight, teeType, contracts } = await connection.client(Viewer).health({}, { timeoutMs: TIMEOUT_MS });
    return { ready, height: viewHeight, detail: `${teeType} TEE; opens ${contracts.length === 0 ? 'no contract' : contracts.join(', ')}` };
  },
};
