import { SelvedgeError } from '@selvedge/errors';
import { parseFabricSection, type FabricSection } from './fabric-section.js';
import { optionalText, optionalTexts, requireList, requireRecord, requireText } from './profile-fields.js';

/** An organisation's node. */
export interface OrganisationEndpoint {
  readonly mspId: string;
  /** host:port or unix:path. */
  readonly address: string;
}

/** The viewer beside an organisation's business node. */
export interface ViewerEndpoint extends OrganisationEndpoint {
  readonly nodeId: string;
}

export interface ComputeEndpoint {
  readonly nodeId: string;
  readonly address: string;
}

/** PEM files for mutual TLS; relative paths start at the connection profile's folder. */
export interface ClientTlsFiles {
  /** Roots of every organisation's TLS certificates. */
  readonly trustedRoots: string;
  /** The client's own, unless it brings others along. */
  readonly certificate?: string | undefined;
  readonly privateKey?: string | undefined;
}

/** Where the parts of a network are reached: the content of `network.json`. Addresses are hints and never trusted. */
export interface ConnectionProfile {
  readonly network: string;
  readonly channel: string;
  /** Path of the SignedProfile file; relative paths start at the connection profile's folder. */
  readonly signedProfile: string;
  /** File of pins (openPins); it need not exist yet. Relative paths start at the connection profile's folder. */
  readonly pins?: string | undefined;
  /** 'off' is for nodes on this machine that run without TLS. */
  readonly tls: ClientTlsFiles | 'off';
  readonly keyBroker: string;
  /** Other replicas of the key broker: either serves while another is down. */
  readonly keyBrokerReplicas?: readonly string[] | undefined;
  /** What carries transactions. Default: embedded. */
  readonly ledger?: 'embedded' | 'fabric' | undefined;
  /** Of the embedded ledger, and only there. */
  readonly sequencer?: string | undefined;
  /** Of Hyperledger Fabric, and only there. */
  readonly fabric?: FabricSection | undefined;
  readonly endorsers: readonly OrganisationEndpoint[];
  readonly businessNodes: readonly OrganisationEndpoint[];
  readonly computeNodes: readonly ComputeEndpoint[];
  /** Default: none. */
  readonly viewers?: readonly ViewerEndpoint[] | undefined;
  /** Through which clients of an organisation submit. Default: none. */
  readonly submitters?: readonly OrganisationEndpoint[] | undefined;
}

/**
 * Checks an untrusted value, such as parsed JSON, as a connection profile.
 * Throws INVALID_CONFIGURATION and names the setting.
 */
export function parseConnectionProfile(value: unknown): ConnectionProfile {
  const record = requireRecord('connection profile', value);
  return {
    network: requireText(record, 'network'),
    channel: requireText(record, 'channel'),
    signedProfile: requireText(record, 'signedProfile'),
    ...optionalText(record, 'pins'),
    tls: parseTls(record.tls),
    keyBroker: requireText(record, 'keyBroker'),
    ...optionalTexts(record, 'keyBrokerReplicas'),
    ...parseLedger(record),
    endorsers: requireList(record, 'endorsers').map((item) => ({ mspId: requireText(item, 'mspId'), address: requireText(item, 'address') })),
    businessNodes: requireList(record, 'businessNodes').map((item) => ({ mspId: requireText(item, 'mspId'), address: requireText(item, 'address') })),
    computeNodes: requireList(record, 'computeNodes').map((item) => ({ nodeId: requireText(item, 'nodeId'), address: requireText(item, 'address') })),
    ...(record.viewers === undefined ? {} : { viewers: requireList(record, 'viewers').map((item) => ({ mspId: requireText(item, 'mspId'), nodeId: requireText(item, 'nodeId'), address: requireText(item, 'address') })) }),
    ...(record.submitters === undefined ? {} : { submitters: requireList(record, 'submitters').map((item) => ({ mspId: requireText(item, 'mspId'), address: requireText(item, 'address') })) }),
  };
}

/** Addresses of every replica of the key broker; asked in this order. */
export function keyBrokerAddresses({ keyBroker, keyBrokerReplicas = [] }: Pick<ConnectionProfile, 'keyBroker' | 'keyBrokerReplicas'>): string[] {
  return [keyBroker, ...keyBrokerReplicas];
}

/** Nothing but the word itself turns TLS off. */
function parseTls(value: unknown): ConnectionProfile['tls'] {
  if (value === 'off') return 'off';
  const record = requireRecord("connection profile: tls, unless it is 'off'", value);
  return { trustedRoots: requireText(record, 'trustedRoots'), ...optionalText(record, 'certificate'), ...optionalText(record, 'privateKey') };
}

/** Either ledger's own settings; those of the other would be ignored, so they are refused. */
function parseLedger(record: Record<string, unknown>): Pick<ConnectionProfile, 'ledger' | 'sequencer' | 'fabric'> {
  const { ledger = 'embedded' } = record;
  if (ledger !== 'embedded' && ledger !== 'fabric') throw refusal("ledger must be 'embedded' or 'fabric'");
  const foreign = ledger === 'embedded' ? 'fabric' : 'sequencer';
  if (record[foreign] !== undefined) throw refusal(`${foreign} has no meaning with ledger ${ledger}`);
  return ledger === 'embedded' ? { ledger, sequencer: requireText(record, 'sequencer') } : { ledger, fabric: parseFabricSection(record.fabric) };
}

function refusal(text: string): SelvedgeError {
  return new SelvedgeError('INVALID_CONFIGURATION', `connection profile: ${text}`);
}
