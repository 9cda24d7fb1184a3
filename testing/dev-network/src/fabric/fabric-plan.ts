import { SelvedgeError } from '@selvedge/errors';
import { POLICY_CHAINCODE } from '@selvedge/fabric';
import { readJson, writeJson } from '@selvedge/service-kit/launch';
import type { Layout } from '../layout.js';
import type { NetworkSettings } from '../options.js';
import { fabricLayout } from './fabric-layout.js';
import type { FabricOptions } from './fabric-options.js';
import { findFreePorts } from './free-ports.js';

/** Everything of the network listens here. */
export const HOST = '127.0.0.1';
/** The name that certificates carry and greetings may: TLS has no place for addresses in those. */
export const HOST_NAME = 'localhost';
export const ORDERER_NODE = 'orderer';

const DEFAULT_BATCH_TIMEOUT_MS = 200;
const DEFAULT_MAX_MESSAGE_COUNT = 500;
const PORTS_OF_ORDERER = 3;
/** Of a peer and its policy chaincode. */
const PORTS_OF_PEER = 4;

/** One peer of an organisation. */
export interface PlannedPeer {
  /** Its name in the network, such as peer-aurora. */
  readonly name: string;
  readonly mspId: string;
  readonly port: number;
  /** Where chaincode would register that is started by the peer; the network uses chaincode as a service. */
  readonly chaincodePort: number;
  readonly operationsPort: number;
}

/** A chaincode's server, of one organisation. */
export interface PlannedChaincode {
  /** Name of its process, such as policy-chaincode-aurora or endorsement-diamonds-north. */
  readonly name: string;
  readonly service: 'policy-chaincode' | 'endorsement-chaincode';
  /** Name on the channel. */
  readonly chaincode: string;
  /** Organisation whose peer calls it. */
  readonly mspId: string;
  readonly port: number;
}

/** A local Fabric network before it runs: what a later start finds again. */
export interface FabricPlan {
  readonly channel: string;
  readonly batchTimeoutMs: number;
  readonly maxMessageCount: number;
  readonly keepers: 'endorsers' | 'none';
  readonly orderer: { readonly name: string; readonly mspId: string; readonly port: number; readonly adminPort: number; readonly operationsPort: number };
  /** One for each organisation, business organisations first. */
  readonly peers: readonly PlannedPeer[];
  readonly chaincodes: readonly PlannedChaincode[];
}

/** Short name of an organisation in node names: AuroraMSP becomes aurora. */
export function shortName(mspId: string): string {
  return mspId.replace(/MSP$/, '').toLowerCase();
}

/** Organisations that have a peer, business organisations first, each once. */
export function peerOrganisations(settings: NetworkSettings): string[] {
  return [...new Set([...settings.businessOrganisations, ...settings.endorserOrganisations])];
}

/** Chooses ports. Throws INVALID_CONFIGURATION for settings that no orderer accepts, UNAVAILABLE without free ports. */
export async function planFabric(settings: NetworkSettings, options: FabricOptions = {}): Promise<FabricPlan> {
  const { batchTimeoutMs = DEFAULT_BATCH_TIMEOUT_MS, maxMessageCount = DEFAULT_MAX_MESSAGE_COUNT, keepers = 'endorsers' } = options;
  if (!Number.isInteger(batchTimeoutMs) || batchTimeoutMs < 1) throw new SelvedgeError('INVALID_CONFIGURATION', 'batchTimeoutMs: a whole number of milliseconds, at least 1', { role: 'cli' });
  if (!Number.isInteger(maxMessageCount) || maxMessageCount < 1) throw new SelvedgeError('INVALID_CONFIGURATION', 'maxMessageCount: a whole number, at least 1', { role: 'cli' });
  const organisations = peerOrganisations(settings);
  const ports = await findFreePorts(PORTS_OF_ORDERER + PORTS_OF_PEER * organisations.length);
  const next = (): number => ports.pop() as number;
  const peers = organisations.map((mspId) => ({ name: `peer-${shortName(mspId)}`, mspId, port: next(), chaincodePort: next(), operationsPort: next() }));
  return {
    channel: settings.channel,
    batchTimeoutMs,
    maxMessageCount,
    keepers,
    orderer: { name: ORDERER_NODE, mspId: settings.ordererOrganisation, port: next(), adminPort: next(), operationsPort: next() },
    peers,
    chaincodes: organisations.map((mspId) => ({ name: `policy-chaincode-${shortName(mspId)}`, service: 'policy-chaincode' as const, chaincode: POLICY_CHAINCODE, mspId, port: next() })),
  };
}

/** The plan with servers of a contract's endorsement chaincode at these organisations; those that it has keep their ports. */
export async function planEndorsementChaincode(plan: FabricPlan, contract: string, mspIds: readonly string[]): Promise<FabricPlan> {
  const missing = mspIds.filter((mspId) => !plan.chaincodes.some((known) => known.chaincode === contract && known.mspId === mspId));
  const ports = await findFreePorts(missing.length, new Set(portsOf(plan)));
  const added = missing.map((mspId, i) => ({ name: `endorsement-${contract}-${shortName(mspId)}`, service: 'endorsement-chaincode' as const, chaincode: contract, mspId, port: ports[i] as number }));
  return { ...plan, chaincodes: [...plan.chaincodes, ...added] };
}

function portsOf({ orderer, peers, chaincodes }: FabricPlan): number[] {
  return [orderer.port, orderer.adminPort, orderer.operationsPort, ...peers.flatMap(({ port, chaincodePort, operationsPort }) => [port, chaincodePort, operationsPort]), ...chaincodes.map(({ port }) => port)];
}

/** undefined when the folder holds no Fabric network. */
export async function readFabricPlan(layout: Layout): Promise<FabricPlan | undefined> {
  return (await readJson(fabricLayout(layout).planFile)) as FabricPlan | undefined;
}

export function writeFabricPlan(layout: Layout, plan: FabricPlan): Promise<void> {
  return writeJson(fabricLayout(layout).planFile, plan);
}
