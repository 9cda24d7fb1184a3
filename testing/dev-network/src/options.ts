import type { KeyAccessRuleJson } from '@selvedge/contract-package';
import { DEFAULT_SUITE_NAMES, type SuiteName } from '@selvedge/crypto';
import { SelvedgeError, type RoleName } from '@selvedge/errors';
import type { DistinctBy } from '@selvedge/protocol';
import type { FabricOptions } from './fabric/fabric-options.js';

/** The services of a network, by folder under services/. */
export const SERVICE_NAMES = ['sequencer', 'endorser', 'business', 'key-broker', 'compute', 'viewer', 'submitter'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];
/** Services that a network on Hyperledger Fabric has beside them. */
export const CHAINCODE_SERVICES = ['policy-chaincode', 'endorsement-chaincode'] as const;
/** Every service of this repository that a network may run. */
export type BundledService = ServiceName | (typeof CHAINCODE_SERVICES)[number];
/** Whatever a process of a network may be: a service, or a program of Fabric. */
export type NodeService = BundledService | 'orderer' | 'peer';

/** A process of the network. */
export interface NodeInfo {
  /** Unique in the network, such as endorser-north or compute-1; also the folder under nodes/. */
  readonly name: string;
  readonly service: NodeService;
  readonly role: RoleName;
  /** Of the organisation that runs it. */
  readonly mspId: string;
  /** Where it listens. */
  readonly address: string;
  /** Where others are told to reach it: the same, or a proxy's address. */
  readonly dialAddress: string;
  /** Where it serves /metrics, /healthz and /readyz, host:port; undefined for Fabric's own programs. */
  readonly monitoring: string | undefined;
  readonly pid: number;
  readonly running: boolean;
  readonly logFile: string;
  readonly dataDirectory: string;
}

/** What happens while a network starts, for a banner or a test's log. */
export interface ProgressEvent {
  readonly step: 'identities' | 'profile' | 'start' | 'ready' | 'bootstrap' | 'deploy' | 'stop' | 'exit';
  /** A sentence without secrets. */
  readonly text: string;
}

export interface DevNetworkOptions {
  /** Everything lies below it. A folder that holds a network already is started again, with its keys, ports and data. */
  readonly directory: string;
  /** MSP ids, each with a business node. */
  readonly businessOrganisations?: readonly string[];
  /** MSP ids, each with an endorser. */
  readonly endorserOrganisations?: readonly string[];
  /** MSP id of the sequencer's organisation. */
  readonly ordererOrganisation?: string;
  /** What carries transactions. Hyperledger Fabric needs its programs on PATH. Default: embedded. */
  readonly ledger?: 'embedded' | 'fabric';
  /** Settings of a new network on Fabric. */
  readonly fabric?: FabricOptions;
  /** A viewer beside each business node of a new network. Default: none, to save memory. */
  readonly viewers?: boolean;
  /** MSP ids of the business organisations of a new network that run a submitter for their clients. Default: none. */
  readonly submitters?: readonly string[];
  /** Replicas of the key broker of a new network, 1 to 8. Default 1. */
  readonly brokers?: number;
  /** Compute nodes at first start. Default 1. */
  readonly computeNodes?: number;
  readonly network?: string;
  readonly channel?: string;
  /** Crypto suites that the profile allows; a contract that names none uses the first. Default: DEFAULT_SUITE_NAMES. */
  readonly suites?: readonly SuiteName[];
  /** Endorsement policy of contracts whose manifest has none. Default: a majority of the endorser organisations. */
  readonly endorsementPolicy?: string;
  /** Organisations that must sign profile and policy changes. Default: a majority. */
  readonly adminQuorum?: number;
  /** Organisations behind a ledger view. Default 3, or as many as there are. */
  readonly viewQuorum?: number;
  /** Chaincode directories that are deployed at the end of the start. */
  readonly contracts?: readonly string[];
  /** Single-file bundles by service; default: services/<name>/dist/main.bundle.mjs of this repository. */
  readonly bundles?: Partial<Readonly<Record<BundledService, string>>>;
  /** Extra settings of one node's configuration file. */
  readonly configure?: (node: { readonly name: string; readonly service: NodeService }) => Readonly<Record<string, unknown>>;
  /** The profile's rules about who may get keys. Default: none. */
  readonly keyAccess?: readonly { readonly contract: string; readonly rules: readonly KeyAccessRuleJson[] }[];
  /** The profile's quorum of compute nodes, beside each contract's own. Default: none. */
  readonly quorum?: { readonly count: number; readonly distinctBy: DistinctBy };
  /** Extra environment of one process, such as crash points. */
  readonly environment?: (node: { readonly name: string; readonly service: NodeService }) => Readonly<Record<string, string>>;
  /** Flags of Node itself for one process, such as --cpu-prof. */
  readonly nodeFlags?: (node: { readonly name: string; readonly service: NodeService }) => readonly string[];
  /** Gives the address that others dial instead of a service's own: a recording proxy, for instance. Programs and chaincodes of Fabric are not asked about. */
  readonly intercept?: (node: { readonly name: string; readonly service: NodeService; readonly mspId: string; readonly address: string }) => Promise<string>;
  readonly onProgress?: (event: ProgressEvent) => void;
  /** How long one process may take until it is ready. Default 20,000. */
  readonly readyTimeoutMs?: number;
}

export const DEFAULT_BUSINESS_ORGANISATIONS = ['AuroraMSP', 'BorealisMSP', 'CelestaMSP'] as const;
export const DEFAULT_ENDORSER_ORGANISATIONS = ['NorthMSP', 'SouthMSP', 'EastMSP'] as const;
export const DEFAULT_ORDERER_ORGANISATION = 'OrdererMSP';

/** The options that make up a network's identity; kept in dev-network.json, so that a later start finds the same network. */
export interface NetworkSettings {
  /** What carries transactions; a network from before there was a choice has none written: embedded. */
  readonly ledger?: 'embedded' | 'fabric';
  /** Whether a viewer runs beside each business node. */
  readonly viewers?: boolean;
  /** Organisations that run a submitter; a network from before there were any has none written. */
  readonly submitters?: readonly string[];
  readonly network: string;
  readonly channel: string;
  readonly businessOrganisations: readonly string[];
  readonly endorserOrganisations: readonly string[];
  readonly ordererOrganisation: string;
  /** Replicas of the key broker; a network from before there was a choice has none written: 1. */
  readonly brokers?: number;
  /** A network from before there was a choice has none written: DEFAULT_SUITE_NAMES. */
  readonly suites?: readonly SuiteName[];
  readonly endorsementPolicy: string;
  readonly adminQuorum: number;
  readonly viewQuorum: number;
}

/** Fills in the defaults. */
export function settingsOf(options: Omit<DevNetworkOptions, 'directory'>): NetworkSettings {
  const businessOrganisations = options.businessOrganisations ?? DEFAULT_BUSINESS_ORGANISATIONS;
  const endorserOrganisations = options.endorserOrganisations ?? DEFAULT_ENDORSER_ORGANISATIONS;
  const ordererOrganisation = options.ordererOrganisation ?? DEFAULT_ORDERER_ORGANISATION;
  const followers = new Set([...businessOrganisations, ...endorserOrganisations]).size;
  const organisations = new Set([...businessOrganisations, ...endorserOrganisations, ordererOrganisation]).size;
  return {
    ledger: options.ledger ?? 'embedded',
    viewers: options.viewers ?? false,
    submitters: options.submitters ?? [],
    network: options.network ?? 'dev',
    channel: options.channel ?? 'main',
    businessOrganisations,
    endorserOrganisations,
    ordererOrganisation,
    brokers: options.brokers ?? 1,
    suites: options.suites ?? DEFAULT_SUITE_NAMES,
    endorsementPolicy: options.endorsementPolicy ?? majorityOf(endorserOrganisations),
    adminQuorum: options.adminQuorum ?? Math.floor(organisations / 2) + 1,
    viewQuorum: options.viewQuorum ?? Math.min(3, followers),
  };
}

/** A majority of peers, in Fabric's notation. */
function majorityOf(mspIds: readonly string[]): string {
  const principals = mspIds.map((mspId) => `'${mspId}.peer'`).join(', ');
  return `OutOf(${String(Math.floor(mspIds.length / 2) + 1)}, ${principals})`;
}

const MAX_BROKERS = 8;
const MSP_ID = /^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/;

/** Names become folders, so they are checked. Throws INVALID_CONFIGURATION. */
export function verifyOptions(options: DevNetworkOptions): void {
  const { businessOrganisations, endorserOrganisations, ordererOrganisation, brokers = 1, submitters = [] } = settingsOf(options);
  if (!Number.isInteger(brokers) || brokers < 1 || brokers > MAX_BROKERS) throw new SelvedgeError('INVALID_CONFIGURATION', `brokers: 1 to ${String(MAX_BROKERS)}`, { role: 'cli' });
  for (const mspId of [...businessOrganisations, ...endorserOrganisations, ordererOrganisation]) {
    if (!MSP_ID.test(mspId)) throw new SelvedgeError('INVALID_CONFIGURATION', `${mspId} is not an MSP id: letters, digits, "." and "-", 64 at most`, { role: 'cli' });
  }
  const foreign = submitters.find((mspId) => !businessOrganisations.includes(mspId));
  if (foreign !== undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `submitters: ${foreign} is no business organisation of the network`, { role: 'cli' });
  for (const [what, list] of [['business', businessOrganisations], ['endorser', endorserOrganisations]] as const) {
    if (list.length === 0 || new Set(list).size !== list.length) throw new SelvedgeError('INVALID_CONFIGURATION', `${what} organisations: at least one, each once`, { role: 'cli' });
  }
}
