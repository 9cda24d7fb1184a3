import type { ChannelConfig, ChannelOrganisation } from '@selvedge/fabric-network';
import { SelvedgeError } from '@selvedge/errors';
import { parseDeployment, type Deployment, type Endpoint, type OwnOrganisation } from './deployment.js';
import { PORTS_PER_ORGANISATION } from './deployment-checks.js';
import { addressAt, COMPUTE_PORT, isEndorser, KEY_BROKER_PORT } from './services.js';

/** What `init` has found and been told. Paths are as they shall stand in the file. */
export interface InitInput {
  readonly network: string;
  readonly channel: string;
  readonly channelConfig: ChannelConfig;
  /** Folders of the organisations that are operated here. */
  readonly own: ReadonlyMap<string, OwnOrganisation['own']>;
  /** Peers by MSP id, where connection profiles name them; else the channel's anchor peers are taken. */
  readonly peers: ReadonlyMap<string, readonly Endpoint[]>;
  /** The first orderer of the connection profiles. */
  readonly orderer: Endpoint | undefined;
  /** File with the TLS roots that the channel has of an organisation. */
  readonly tlsRootsOf: (mspId: string) => string;
  /** Named by role: organisations that take part beside those operated here. Empty: those that are not endorsers. */
  readonly business: readonly string[];
  /** Empty: those that are not business organisations. */
  readonly endorsers: readonly string[];
  readonly firstPort: number;
  /** What another operator's deployment says, in place of defaults. */
  readonly like?: Deployment | undefined;
}

const COMMENT = [
  'What Selvedge deploys on this channel. docs/fabric.md explains every setting. Paths start at this folder.',
  'Check: roles; services of organisations that others operate (ask them for host and firstPort); keyBroker and computeNodes.',
  'Organisations without "own" are operated elsewhere, from a file like this one. What lies in shared/ is public: pass it on.',
];
const VIEW_QUORUM = 3;

/** A complete deployment out of what a channel says of itself. Throws INVALID_CONFIGURATION naming what is missing. */
export function planDeployment(input: InitInput): Deployment {
  const { channelConfig, own } = input;
  const present = new Map(channelConfig.organisations.map((organisation) => [organisation.mspId, organisation]));
  for (const mspId of [...own.keys(), ...input.business, ...input.endorsers]) {
    if (!present.has(mspId)) throw refusal(`${mspId} is not on channel ${input.channel}; there are ${[...present.keys()].join(', ')}`);
  }
  if (input.like !== undefined) return planLike(input.like, input);
  const roles = rolesOf([...present.keys()].filter((mspId) => own.has(mspId) || input.business.includes(mspId) || input.endorsers.includes(mspId)), input);
  const organisations: Deployment['organisations'] = [...present.values()].filter(({ mspId }) => roles.has(mspId)).map((organisation, i) => {
    const { mspId } = organisation;
    const peers = peersOf(organisation, input);
    const files = own.get(mspId);
    return {
      mspId,
      roles: roles.get(mspId) ?? [],
      peers,
      services: { host: hostOf(peers[0]?.address ?? ''), firstPort: input.firstPort + i * PORTS_PER_ORGANISATION },
      ...(files === undefined ? {} : { own: files }),
    };
  });
  const endorsers = organisations.filter(isEndorser);
  const operated = organisations.filter(({ mspId }) => own.has(mspId));
  const operator = operated.find(isEndorser) ?? operated[0];
  if (operator === undefined) throw refusal('no organisation is operated here; --msp names one with its MSP folders');
  const deployment = {
    $comment: COMMENT,
    network: input.network,
    channel: input.channel,
    tee: 'simulated',
    orderer: input.orderer ?? ordererOf(input),
    organisations,
    keyBroker: { mspId: operator.mspId, address: addressAt(operator, KEY_BROKER_PORT) },
    computeNodes: [{ nodeId: 'compute-1', mspId: operator.mspId, address: addressAt(operator, COMPUTE_PORT) }],
    adminQuorum: majority(organisations.length),
    viewQuorum: Math.min(VIEW_QUORUM, organisations.length),
    endorsementPolicy: `OutOf(${String(majority(endorsers.length))}, ${endorsers.map(({ mspId }) => `'${mspId}.peer'`).join(', ')})`,
    keepers: 'endorsers',
    contracts: [],
  };
  return parseDeployment(deployment, 'the deployment');
}

/** The same deployment as another operator's, operated from here. */
function planLike(like: Deployment, input: InitInput): Deployment {
  const { own, channelConfig } = input;
  const unknown = [...own.keys()].find((mspId) => !like.organisations.some((organisation) => organisation.mspId === mspId));
  if (unknown !== undefined) throw refusal(`the other deployment has no organisation ${unknown}; "selvedge fabric add-business-node" and "add-endorser" add one`);
  if (like.channel !== input.channel) throw refusal(`the other deployment is for channel ${like.channel}`);
  const organisations = like.organisations.map(({ mspId, roles, peers, services }) => {
    const files = own.get(mspId);
    const named = input.peers.get(mspId) ?? peers.map(({ address }) => ({ address, tlsRoots: input.tlsRootsOf(mspId) }));
    if (!channelConfig.organisations.some((organisation) => organisation.mspId === mspId)) throw refusal(`${mspId} is not on channel ${input.channel}`);
    return { mspId, roles, peers: [...named], services, ...(files === undefined ? {} : { own: files }) };
  });
  return parseDeployment({ ...like, $comment: COMMENT, orderer: input.orderer ?? ordererOf(input), organisations }, 'the deployment');
}

/** What other operators need of a deployment to make theirs: nothing of this machine. */
export function publicDeployment(deployment: Deployment): Deployment {
  return {
    ...deployment,
    orderer: { address: deployment.orderer.address, tlsRoots: 'orderer.pem' },
    organisations: deployment.organisations.map(({ mspId, roles, peers, services }) => ({ mspId, roles, peers: peers.map(({ address }) => ({ address, tlsRoots: `${mspId}.pem` })), services })),
    contracts: deployment.contracts.map((contract) => ({ ...contract, directory: contract.name })),
  };
}

type Roles = Deployment['organisations'][number]['roles'];

function rolesOf(mspIds: readonly string[], { business, endorsers }: InitInput): Map<string, Roles> {
  const chosen = (mspId: string): Roles => {
    if (business.length === 0 && endorsers.length === 0) return ['business', 'endorser'];
    const isBusiness = business.includes(mspId) || (business.length === 0 && !endorsers.includes(mspId));
    const isEndorsing = endorsers.includes(mspId) || (endorsers.length === 0 && !business.includes(mspId));
    return [...(isBusiness ? (['business'] as const) : []), ...(isEndorsing ? (['endorser'] as const) : [])];
  };
  return new Map(mspIds.map((mspId) => [mspId, chosen(mspId)] as const).filter(([, roles]) => roles.length > 0));
}

function peersOf({ mspId, endpoints }: ChannelOrganisation, { peers, tlsRootsOf }: InitInput): Endpoint[] {
  const named = peers.get(mspId) ?? [];
  if (named.length > 0) return [...named];
  const anchors = endpoints.map((address) => ({ address, tlsRoots: tlsRootsOf(mspId) }));
  if (anchors.length === 0) throw refusal(`no peer of ${mspId} is known: neither a connection profile names one, nor has the channel an anchor peer of it`);
  return anchors;
}

function ordererOf({ channelConfig, tlsRootsOf, channel }: InitInput): Endpoint {
  const found = channelConfig.orderers.flatMap(({ mspId, endpoints }) => endpoints.map((address) => ({ address, tlsRoots: tlsRootsOf(mspId) })));
  const [first] = found;
  if (first === undefined) throw refusal(`neither a connection profile nor channel ${channel} names an orderer`);
  return first;
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}

function majority(count: number): number {
  return Math.floor(count / 2) + 1;
}

function refusal(what: string): SelvedgeError {
  return new SelvedgeError('INVALID_CONFIGURATION', what, { role: 'cli' });
}
