import { PORTS_PER_ORGANISATION } from './deployment-checks.js';
import type { Deployment, Organisation } from './deployment.js';
import { ownOrganisations } from './folder.js';

/** Services that an operator runs, by their folder under services/. */
export const FABRIC_SERVICES = ['policy-chaincode', 'endorsement-chaincode', 'endorser', 'business', 'key-broker', 'compute', 'viewer'] as const;
export type FabricService = (typeof FABRIC_SERVICES)[number];

/** A process of an organisation that is operated from this folder. */
export interface PlannedService {
  /** Unique in the deployment, such as business-aurora. */
  readonly name: string;
  readonly service: FabricService;
  readonly mspId: string;
  /** Where it is reached. */
  readonly address: string;
  /** Where it listens. */
  readonly listen: string;
  /** Of an endorsement chaincode. */
  readonly contract?: string;
}

/** A node that shows others the ledger. */
export interface NodeEndpoint {
  readonly mspId: string;
  readonly address: string;
}

export const FIRST_BROKER = 'key-broker';

// Places in an organisation's block of ports.
const POLICY_CHAINCODE_PORT = 0;
const NODE_PORT = 1;
const FIRST_CONTRACT_PORT = 2;
/** Last in the block, where `init` puts a key broker and a compute node, and `add-viewer` a viewer. */
export const VIEWER_PORT = PORTS_PER_ORGANISATION - 3;
export const COMPUTE_PORT = PORTS_PER_ORGANISATION - 2;
export const KEY_BROKER_PORT = PORTS_PER_ORGANISATION - 1;

/** Short name of an organisation in names of processes: AuroraMSP becomes aurora. */
export function shortName(mspId: string): string {
  return mspId.replace(/MSP$/, '').toLowerCase();
}

export function isBusiness({ roles }: Organisation): boolean {
  return roles.includes('business');
}

export function isEndorser({ roles }: Organisation): boolean {
  return roles.includes('endorser');
}

/** host:port of a place in the organisation's block of ports. */
export function addressAt({ services }: Organisation, place: number): string {
  return `${services.host}:${String(services.firstPort + place)}`;
}

/** Address of the organisation's business node, or of its endorser's follower. */
export function nodeAddress(organisation: Organisation): string {
  return addressAt(organisation, NODE_PORT);
}

/** Nodes of every organisation: each shows the ledger. */
export function followersOf({ organisations }: Deployment): NodeEndpoint[] {
  return organisations.map((organisation) => ({ mspId: organisation.mspId, address: nodeAddress(organisation) }));
}

export function businessNodesOf({ organisations }: Deployment): NodeEndpoint[] {
  return organisations.filter(isBusiness).map((organisation) => ({ mspId: organisation.mspId, address: nodeAddress(organisation) }));
}

/** Every replica of the key broker, the one that makes the root first. */
export function brokersOf({ keyBroker, keyBrokerReplicas }: Deployment): { readonly name: string; readonly service: 'key-broker'; readonly mspId: string; readonly address: string }[] {
  return [keyBroker, ...keyBrokerReplicas].map((broker, i) => ({ name: i === 0 ? FIRST_BROKER : `${FIRST_BROKER}-${String(i + 1)}`, service: 'key-broker', ...broker }));
}

/** Compute nodes and viewers, of whichever organisation. */
export function nodesInTees({ computeNodes, viewers }: Deployment): { readonly name: string; readonly service: 'compute' | 'viewer'; readonly mspId: string; readonly address: string }[] {
  return [
    ...computeNodes.map(({ nodeId, ...node }) => ({ name: nodeId, service: 'compute' as const, ...node })),
    ...viewers.map(({ nodeId, ...node }) => ({ name: nodeId, service: 'viewer' as const, ...node })),
  ];
}

/** Every process that this folder operates, in the order in which they start. */
export function planServices(deployment: Deployment): PlannedService[] {
  const own = ownOrganisations(deployment);
  const chaincodes = own.map((organisation) => at(organisation, POLICY_CHAINCODE_PORT, 'policy-chaincode', `policy-chaincode-${shortName(organisation.mspId)}`));
  const nodes = own.map((organisation) => {
    const service = isBusiness(organisation) ? 'business' : 'endorser';
    return at(organisation, NODE_PORT, service, `${service}-${shortName(organisation.mspId)}`);
  });
  const endorsements = deployment.contracts.flatMap(({ name }, i) =>
    own.filter(isEndorser).map((organisation) => ({
      ...at(organisation, FIRST_CONTRACT_PORT + i, 'endorsement-chaincode', `endorsement-${name.toLowerCase()}-${shortName(organisation.mspId)}`),
      contract: name,
    })),
  );
  const tees = [
    ...brokersOf(deployment),
    ...nodesInTees(deployment),
  ].flatMap((tee) => {
    const operator = own.find(({ mspId }) => mspId === tee.mspId);
    return operator === undefined ? [] : [{ ...tee, listen: listenAddress(operator, tee.address) }];
  });
  return [...chaincodes, ...nodes, ...endorsements, ...tees];
}

function at(organisation: Organisation, place: number, service: FabricService, name: string): PlannedService {
  const address = addressAt(organisation, place);
  return { name, service, mspId: organisation.mspId, address, listen: listenAddress(organisation, address) };
}

function listenAddress({ services }: Organisation, address: string): string {
  return services.bind === undefined ? address : `${services.bind}${address.slice(address.lastIndexOf(':'))}`;
}
