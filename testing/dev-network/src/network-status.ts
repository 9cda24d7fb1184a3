import { randomBytes } from 'node:crypto';
import { connect as connectTcp } from 'node:net';
import { isSelvedgeError } from '@selvedge/errors';
import { Compute, Follower, KeyBroker, LedgerViewStatementSchema, LIMITS, parseMessage } from '@selvedge/protocol';
import { connectRpc } from '@selvedge/rpc';
import { plannedNodes, type PlannedNode } from './node-configs.js';
import { layoutOf } from './layout.js';
import { isStillRunning, readProcesses } from './processes.js';
import { readSavedNetwork } from './saved-network.js';
import type { ServiceName } from './options.js';
import { resolve } from 'node:path';

/** What can be seen of one process from outside. */
export interface NodeStatus {
  readonly name: string;
  readonly service: ServiceName;
  readonly mspId: string;
  readonly address: string;
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

/** Status of every process of the network in a folder; empty when the folder holds none. */
export async function readNetworkStatus(directory: string): Promise<NodeStatus[]> {
  const layout = layoutOf(resolve(directory));
  const saved = await readSavedNetwork(layout);
  if (saved === undefined) return [];
  const processes = await readProcesses(layout);
  const nodes = [...plannedNodes(saved.settings), ...saved.computeNodes];
  return Promise.all(
    nodes.map(async (node) => {
      const { name, service, mspId } = node;
      const recorded = processes?.nodes.find((entry) => entry.name === name);
      const address = saved.addresses[name] ?? '';
      const running = recorded !== undefined && isStillRunning(recorded);
      const seen = running && address !== '' ? await look(node, address) : { ready: false, height: undefined, detail: 'stopped' };
      return { name, service, mspId, address, pid: running ? recorded.pid : undefined, running, ...seen };
    }),
  );
}

async function look(node: PlannedNode, address: string): Promise<Seen> {
  try {
    return await lookers[node.service](address);
  } catch (error) {
    return { ready: false, height: undefined, detail: isSelvedgeError(error) ? error.code : 'unreachable' };
  }
}

const lookers: Readonly<Record<ServiceName, (address: string) => Promise<Seen>>> = {
  sequencer: async (address) => ({ ready: await accepts(address), height: undefined, detail: '' }),
  endorser: follower,
  business: follower,
  'key-broker': (address) =>
    withConnection(address, async (connection) => {
      await connection.client(KeyBroker).challenge({}, { timeoutMs: TIMEOUT_MS });
      return { ready: true, height: undefined, detail: 'simulated TEE' };
    }),
  compute: (address) =>
    withConnection(address, async (connection) => {
      const health = await connection.client(Compute).health({}, { timeoutMs: TIMEOUT_MS });
      const contracts = health.contracts.length === 0 ? 'no contract' : health.contracts.join(', ');
      return { ready: health.ready && !health.draining, height: health.viewHeight, detail: `${health.teeType} TEE; ${contracts}` };
    }),
};

function follower(address: string): Promise<Seen> {
  return withConnection(address, async (connection) => {
    const answer = await connection.client(Follower).getLedgerView({ nonce: randomBytes(16), knownPolicyRoot: new Uint8Array(0) }, { timeoutMs: TIMEOUT_MS });
    const { height } = parseMessage(LedgerViewStatementSchema, answer.statement, LIMITS.maxFactBytes);
    return { ready: true, height, detail: '' };
  });
}

async function withConnection<T>(address: string, use: (connection: ReturnType<typeof connectRpc>) => Promise<T>): Promise<T> {
  const connection = connectRpc(address);
  try {
    return await use(connection);
  } finally {
    connection.close();
  }
}

/** The sequencer has no question to ask without ordering something: listening is what can be seen. */
function accepts(address: string): Promise<boolean> {
  const [host, port] = [address.slice(0, address.lastIndexOf(':')), Number(address.slice(address.lastIndexOf(':') + 1))];
  return new Promise((done) => {
    const socket = connectTcp({ host, port, timeout: TIMEOUT_MS });
    const end = (isOpen: boolean): void => {
      socket.destroy();
      done(isOpen);
    };
    socket.once('connect', () => {
      end(true);
    });
    socket.once('error', () => {
      end(false);
    });
    socket.once('timeout', () => {
      end(false);
    });
  });
}
