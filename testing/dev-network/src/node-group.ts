import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import { startService, writeJson, type NodeProcess } from '@selvedge/service-kit/launch';
import type { Bundles } from './bundles.js';
import type { Layout } from './layout.js';
import { CONFIG_FILE, DATA_FOLDER, LOG_FILE, nodeConfig, ROLE_OF_SERVICE, type Endpoints, type PlannedNode } from './node-configs.js';
import type { FabricLedger } from './fabric/fabric-ledger.js';
import { CHAINCODE_SERVICES, type BundledService, type DevNetworkOptions, type NetworkSettings, type NodeInfo, type ServiceName } from './options.js';
import { ensureNodeTls } from './tls.js';
import { unlockKeyBroker } from './unlock.js';

/** Starts, ends and restarts the processes of a network. */
export interface NodeGroup {
  /** Starts a node, or starts it again on the port that it had. Resolves when it is ready. */
  start(node: PlannedNode, environment?: Readonly<Record<string, string>>): Promise<NodeInfo>;
  end(name: string, signal: NodeJS.Signals): Promise<void>;
  /** Forgets a node that was ended for good. */
  forget(name: string): void;
  list(): NodeInfo[];
  /** Throws RangeError for an unknown name. */
  find(name: string): NodeInfo;
  endpoints(): Endpoints;
  /** Those too that are being started. */
  endAll(): Promise<void>;
}

interface Member {
  readonly planned: PlannedNode;
  readonly address: string;
  readonly dialAddress: string;
  process: NodeProcess;
  /** Ended on purpose: its end is not news. */
  isEnding: boolean;
}

const ANY_PORT = '127.0.0.1:0';
const LIST_ORDER = ['orderer', 'peer', 'policy-chaincode', 'endorsement-chaincode', 'sequencer', 'endorser', 'business', 'key-broker', 'compute', 'viewer', 'submitter'] as const;
/** The order in which roles go away: those that call before those that are called. */
const STOP_ORDER = ['submitter', 'viewer', 'compute', 'key-broker', 'business', 'endorser', 'sequencer', 'endorsement-chaincode', 'policy-chaincode', 'peer', 'orderer'] as const;
const DEFAULT_READY_TIMEOUT_MS = 20_000;

type RoleNode = PlannedNode & { readonly service: ServiceName };
type ServiceNode = RoleNode | ChaincodeNode;
type ChaincodeNode = PlannedNode & { readonly service: (typeof CHAINCODE_SERVICES)[number] };

const isService = (node: PlannedNode): node is ServiceNode => node.service !== 'orderer' && node.service !== 'peer';
const isChaincode = (node: ServiceNode): node is ChaincodeNode => CHAINCODE_SERVICES.some((service) => service === node.service);
/** Fabric's own addresses are agreed on with it, so nothing can stand in between. */
const isOfFabric = (node: PlannedNode): boolean => !isService(node) || isChaincode(node);

/** @param known addresses of an earlier start, by node name */
export function createNodeGroup(input: {
  readonly layout: Layout;
  readonly settings: NetworkSettings;
  readonly bundles: Bundles;
  readonly options: DevNetworkOptions;
  readonly known: ReadonlyMap<string, string>;
  /** Of a network on Hyperledger Fabric. */
  readonly fabric?: FabricLedger | undefined;
}): NodeGroup {
  const { layout, settings, bundles, options, fabric } = input;
  const { readyTimeoutMs = DEFAULT_READY_TIMEOUT_MS } = options;
  const members = new Map<string, Member>();
  const starting = new Set<Promise<unknown>>();
  const memberOf = (name: string): Member => {
    const member = members.get(name);
    if (member === undefined) throw new RangeError(`no node ${name}; there are ${[...members.keys()].join(', ')}`);
    return member;
  };
  const dial = (service: string): { mspId: string; address: string }[] =>
    [...members.values()].filter(({ planned }) => planned.service === service).map(({ planned, dialAddress }) => ({ mspId: planned.mspId, address: dialAddress }));
  const endpoints = (): Endpoints => ({
    sequencer: dial('sequencer')[0]?.address ?? '',
    keyBroker: dial('key-broker')[0]?.address ?? '',
    keyBrokerReplicas: dial('key-broker').slice(1).map(({ address }) => address),
    endorsers: dial('endorser'),
    businessNodes: dial('business'),
  });

  const isAnotherRunning = ({ name, service }: PlannedNode): boolean =>
    [...members.values()].some(({ planned, process }) => planned.service === service && planned.name !== name && process.isRunning());

  const info = (member: Member): NodeInfo => ({
    name: member.planned.name,
    service: member.planned.service,
    role: ROLE_OF_SERVICE[member.planned.service],
    mspId: member.planned.mspId,
    address: member.address,
    dialAddress: member.dialAddress,
    monitoring: member.process.monitoring,
    pid: member.process.pid,
    running: member.process.isRunning(),
    logFile: join(layout.nodeDirectory(member.planned.name), LOG_FILE),
    dataDirectory: join(layout.nodeDirectory(member.planned.name), DATA_FOLDER),
  });

  const requireFabric = (): FabricLedger => {
    if (fabric === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', 'this network does not run on Hyperledger Fabric', { role: 'cli' });
    return fabric;
  };

  const bundleOf = (service: BundledService): string => {
    const bundle = bundles[service];
    if (bundle === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `no bundle of ${service}`, { role: 'cli' });
    return bundle;
  };

  const configOf = async (planned: ServiceNode): Promise<Record<string, unknown>> => {
    if (isChaincode(planned)) return requireFabric().configOf(planned);
    const listen = members.get(planned.name)?.address ?? input.known.get(planned.name) ?? ANY_PORT;
    return nodeConfig(layout, settings, planned, listen, { ...endpoints(), self: members.get(planned.name)?.dialAddress }, fabric?.followedPeer(planned.mspId));
  };

  const spawn = async (planned: PlannedNode, environment: Readonly<Record<string, string>>): Promise<NodeProcess> => {
    const directory = layout.nodeDirectory(planned.name);
    await mkdir(join(directory, DATA_FOLDER), { recursive: true });
    await ensureNodeTls(layout, planned);
    const ownEnvironment = { ...options.environment?.(planned), ...environment };
    if (!isService(planned)) return requireFabric().startProgram(planned, { environment: ownEnvironment, readyTimeoutMs });
    const configFile = join(directory, CONFIG_FILE);
    // Another port at each start: nobody dials it by heart, and the one before may be taken.
    await writeJson(configFile, { ...(await configOf(planned)), monitoring: { listen: ANY_PORT }, ...options.configure?.(planned) });
    return startService({
      name: planned.name,
      bundle: bundleOf(planned.service),
      configFile,
      logFile: join(directory, LOG_FILE),
      workingDirectory: directory,
      environment: ownEnvironment,
      nodeFlags: options.nodeFlags?.(planned),
      readyTimeoutMs,
    });
  };

  const startNode: NodeGroup['start'] = async (planned, environment = {}) => {
    if (members.get(planned.name)?.process.isRunning() === true) throw new SelvedgeError('INVALID_CONFIGURATION', `${planned.name} runs already`, { role: 'cli' });
    const process = await spawn(planned, environment);
    const { address } = process;
    let dialAddress: string;
    try {
      // While another replica runs, this one gets the root from that; otherwise the organisations send their shares.
      if (planned.service === 'key-broker') await unlockKeyBroker(layout, settings, { address, othersMs: isAnotherRunning(planned) ? readyTimeoutMs : 0 });
      dialAddress = members.get(planned.name)?.dialAddress ?? (isOfFabric(planned) ? undefined : await options.intercept?.({ ...planned, address })) ?? address;
    } catch (error) {
      // It is no member yet, so nobody else would end it.
      await process.end('SIGTERM');
      throw error;
    }
    const member: Member = { planned, address, dialAddress, process, isEnding: false };
    members.set(planned.name, member);
    process.onExit((reason) => {
      if (!member.isEnding) options.onProgress?.({ step: 'exit', text: `${planned.name} ended: ${reason}` });
    });
    options.onProgress?.({ step: 'ready', text: `${planned.name} at ${address}, pid ${String(process.pid)}` });
    return info(member);
  };

  return {
    async start(planned, environment) {
      const started = startNode(planned, environment);
      starting.add(started);
      try {
        return await started;
      } finally {
        starting.delete(started);
      }
    },
    async end(name, signal) {
      const member = memberOf(name);
      member.isEnding = true;
      await member.process.end(signal);
    },
    forget(name) {
      members.delete(name);
    },
    list: () =>
      [...members.values()]
        .map(info)
        .sort((a, b) => LIST_ORDER.indexOf(a.service) - LIST_ORDER.indexOf(b.service) || a.name.localeCompare(b.name, 'en', { numeric: true })),
    find: (name) => info(memberOf(name)),
    endpoints,
    async endAll() {
      // When one of several fails at its start, the others are on their way.
      await Promise.allSettled(starting);
      for (const service of STOP_ORDER) {
        const group = [...members.values()].filter(({ planned }) => planned.service === service);
        await Promise.all(
          group.map(async (member) => {
            member.isEnding = true;
            await member.process.end('SIGTERM');
          }),
        );
      }
    },
  };
}
