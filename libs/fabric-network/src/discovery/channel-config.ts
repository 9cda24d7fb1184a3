import { common, msp, orderer, peer } from '@hyperledger/fabric-protos';
import { SelvedgeError } from '@selvedge/errors';

/** An organisation as a channel's configuration has it. Certificates and lists are PEM, as Fabric stores them. */
export interface ChannelOrganisation {
  readonly mspId: string;
  readonly rootCertificatesPem: readonly string[];
  readonly intermediateCertificatesPem: readonly string[];
  readonly revocationListsPem: readonly string[];
  readonly tlsRootCertificatesPem: readonly string[];
  /** host:port; of an ordering organisation its orderers, of another its anchor peers. */
  readonly endpoints: readonly string[];
  /** Whether roles come from organisational units (NodeOUs), as Selvedge needs them. */
  readonly hasNodeUnits: boolean;
}

/** What a channel's configuration says, as far as a deployment needs it. */
export interface ChannelConfig {
  readonly sequence: bigint;
  /** Application organisations, sorted by MSP id. */
  readonly organisations: readonly ChannelOrganisation[];
  /** Ordering organisations, sorted by MSP id. */
  readonly orderers: readonly ChannelOrganisation[];
  /** Orderer.BatchSize */
  readonly maxMessageCount: number;
  readonly absoluteMaxBytes: number;
  /** Such as V2_5. */
  readonly applicationCapabilities: readonly string[];
}

type Group = common.ConfigGroup;

/** Reads a configuration block, as `peer channel fetch config` writes it. Throws MALFORMED_MESSAGE. */
export function parseChannelConfig(block: Uint8Array): ChannelConfig {
  try {
    const config = required('configuration', configOf(block));
    const channel = required('channel group', config.getChannelGroup());
    const application = groupOf(channel, 'Application');
    const ordering = groupOf(channel, 'Orderer');
    const batch = orderer.BatchSize.deserializeBinary(valueOf(ordering, 'BatchSize'));
    return {
      sequence: BigInt(config.getSequence()),
      organisations: organisationsOf(application, anchorPeers),
      orderers: withChannelAddresses(organisationsOf(ordering, ordererAddresses), channel),
      maxMessageCount: batch.getMaxMessageCount(),
      absoluteMaxBytes: batch.getAbsoluteMaxBytes(),
      applicationCapabilities: capabilitiesOf(application),
    };
  } catch (cause) {
    if (cause instanceof SelvedgeError) throw cause;
    throw new SelvedgeError('MALFORMED_MESSAGE', 'the channel’s configuration block does not parse', { role: 'cli', cause });
  }
}

function configOf(block: Uint8Array): common.Config | undefined {
  const [envelope] = required('data', common.Block.deserializeBinary(block).getData()).getDataList_asU8();
  const payload = common.Payload.deserializeBinary(common.Envelope.deserializeBinary(required('envelope', envelope)).getPayload_asU8());
  return common.ConfigEnvelope.deserializeBinary(payload.getData_asU8()).getConfig();
}

function organisationsOf(group: Group, endpointsOf: (organisation: Group) => string[]): ChannelOrganisation[] {
  const organisations = [...(group.getGroupsMap() as Map<string, Group>).values()].flatMap((organisation) => {
    const { config, type } = mspOf(organisation);
    // Identities of other kinds than X.509 (Idemix) take no part in Selvedge.
    if (type !== FABRIC_MSP) return [];
    return {
      mspId: config.getName(),
      rootCertificatesPem: texts(config.getRootCertsList_asU8()),
      intermediateCertificatesPem: texts(config.getIntermediateCertsList_asU8()),
      revocationListsPem: texts(config.getRevocationListList_asU8()),
      tlsRootCertificatesPem: [...texts(config.getTlsRootCertsList_asU8()), ...texts(config.getTlsIntermediateCertsList_asU8())],
      endpoints: endpointsOf(organisation),
      hasNodeUnits: config.getFabricNodeOus()?.getEnable() ?? false,
    };
  });
  return organisations.sort((a, b) => (a.mspId < b.mspId ? -1 : 1));
}

const FABRIC_MSP = 0;

function mspOf(organisation: Group): { readonly type: number; readonly config: msp.FabricMSPConfig } {
  const config = msp.MSPConfig.deserializeBinary(valueOf(organisation, 'MSP'));
  return { type: config.getType(), config: msp.FabricMSPConfig.deserializeBinary(config.getConfig_asU8()) };
}

function anchorPeers(organisation: Group): string[] {
  const value = (organisation.getValuesMap() as Map<string, common.ConfigValue>).get('AnchorPeers');
  if (value === undefined) return [];
  return peer.AnchorPeers.deserializeBinary(value.getValue_asU8()).getAnchorPeersList().map((anchor) => `${anchor.getHost()}:${String(anchor.getPort())}`);
}

function ordererAddresses(organisation: Group): string[] {
  const value = (organisation.getValuesMap() as Map<string, common.ConfigValue>).get('Endpoints');
  return value === undefined ? [] : common.OrdererAddresses.deserializeBinary(value.getValue_asU8()).getAddressesList();
}

/** Older channels name the orderers in one list for all. */
function withChannelAddresses(orderers: ChannelOrganisation[], channel: Group): ChannelOrganisation[] {
  const value = (channel.getValuesMap() as Map<string, common.ConfigValue>).get('OrdererAddresses');
  if (value === undefined || orderers.some(({ endpoints }) => endpoints.length > 0)) return orderers;
  const endpoints = common.OrdererAddresses.deserializeBinary(value.getValue_asU8()).getAddressesList();
  return orderers.map((organisation) => ({ ...organisation, endpoints }));
}

function capabilitiesOf(group: Group): string[] {
  const value = (group.getValuesMap() as Map<string, common.ConfigValue>).get('Capabilities');
  if (value === undefined) return [];
  return [...(common.Capabilities.deserializeBinary(value.getValue_asU8()).getCapabilitiesMap() as Map<string, unknown>).keys()].sort();
}

function groupOf(group: Group, name: string): Group {
  return required(name, (group.getGroupsMap() as Map<string, Group>).get(name));
}

function valueOf(group: Group, name: string): Uint8Array {
  return required(name, (group.getValuesMap() as Map<string, common.ConfigValue>).get(name)).getValue_asU8();
}

function texts(values: readonly Uint8Array[]): string[] {
  return values.map((value) => Buffer.from(value).toString('utf8'));
}

function required<T>(what: string, value: T | undefined): T {
  if (value === undefined) throw new SelvedgeError('MALFORMED_MESSAGE', `the channel’s configuration block has no ${what}`, { role: 'cli' });
  return value;
}
