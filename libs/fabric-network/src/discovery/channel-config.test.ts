import { common, msp, orderer, peer } from '@hyperledger/fabric-protos';
import fc from 'fast-check';
import { refusalCode } from '@selvedge/fixtures';
import { describe, expect, it } from 'vitest';
import { parseChannelConfig } from './channel-config.js';

/** google-protobuf's map comes without types. */
interface Settable<T> {
  set(key: string, value: T): void;
}
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function value(content: Uint8Array): common.ConfigValue {
  const config = new common.ConfigValue();
  config.setValue(content);
  return config;
}

function group(values: Record<string, Uint8Array>, groups: Record<string, common.ConfigGroup> = {}): common.ConfigGroup {
  const made = new common.ConfigGroup();
  for (const [name, content] of Object.entries(values)) (made.getValuesMap() as Settable<common.ConfigValue>).set(name, value(content));
  for (const [name, part] of Object.entries(groups)) (made.getGroupsMap() as Settable<common.ConfigGroup>).set(name, part);
  return made;
}

function organisation(mspId: string, values: Record<string, Uint8Array> = {}, type = 0): common.ConfigGroup {
  const fabric = new msp.FabricMSPConfig();
  fabric.setName(mspId);
  fabric.setRootCertsList([bytes(`root of ${mspId}`)]);
  fabric.setTlsRootCertsList([bytes('tls root')]);
  fabric.setTlsIntermediateCertsList([bytes('tls intermediate')]);
  fabric.setRevocationListList([bytes('crl')]);
  const units = new msp.FabricNodeOUs();
  units.setEnable(mspId !== 'OldMSP');
  fabric.setFabricNodeOus(units);
  const config = new msp.MSPConfig();
  config.setType(type);
  config.setConfig(fabric.serializeBinary());
  return group({ MSP: config.serializeBinary(), ...values });
}

function anchors(...endpoints: [string, number][]): Uint8Array {
  const list = new peer.AnchorPeers();
  list.setAnchorPeersList(endpoints.map(([host, port]) => {
    const anchor = new peer.AnchorPeer();
    anchor.setHost(host);
    anchor.setPort(port);
    return anchor;
  }));
  return list.serializeBinary();
}

function addresses(...list: string[]): Uint8Array {
  const message = new common.OrdererAddresses();
  message.setAddressesList(list);
  return message.serializeBinary();
}

function block(channel: common.ConfigGroup): Uint8Array {
  const config = new common.Config();
  config.setSequence(7);
  config.setChannelGroup(channel);
  const envelopeOfConfig = new common.ConfigEnvelope();
  envelopeOfConfig.setConfig(config);
  const payload = new common.Payload();
  payload.setData(envelopeOfConfig.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  const data = new common.BlockData();
  data.setDataList([envelope.serializeBinary()]);
  const made = new common.Block();
  made.setData(data);
  return made.serializeBinary();
}

function channel(ordererValues: Record<string, Uint8Array>, channelValues: Record<string, Uint8Array> = {}): Uint8Array {
  const size = new orderer.BatchSize();
  size.setMaxMessageCount(500);
  size.setAbsoluteMaxBytes(10_485_760);
  const capabilities = new common.Capabilities();
  (capabilities.getCapabilitiesMap() as Settable<common.Capability>).set('V2_5', new common.Capability());
  return block(
    group(channelValues, {
      Application: group({ Capabilities: capabilities.serializeBinary() }, { b: organisation('BMSP'), a: organisation('AMSP', { AnchorPeers: anchors(['peer.a', 7051], ['peer2.a', 7053]) }), old: organisation('OldMSP'), idemix: organisation('IdemixMSP', {}, 1) }),
      Orderer: group({ BatchSize: size.serializeBinary() }, { o: organisation('OrdererMSP', ordererValues) }),
    }),
  );
}

describe('parseChannelConfig', () => {
  it('reads organisations, how the channel recognises them, and how large blocks get', () => {
    const config = parseChannelConfig(channel({ Endpoints: addresses('orderer:7050') }));
    expect(config).toMatchObject({ sequence: 7n, maxMessageCount: 500, absoluteMaxBytes: 10_485_760, applicationCapabilities: ['V2_5'] });
    expect(config.organisations.map(({ mspId, endpoints, hasNodeUnits }) => [mspId, endpoints, hasNodeUnits])).toEqual([['AMSP', ['peer.a:7051', 'peer2.a:7053'], true], ['BMSP', [], true], ['OldMSP', [], false]]);
    expect(config.organisations[0]).toMatchObject({ rootCertificatesPem: ['root of AMSP'], tlsRootCertificatesPem: ['tls root', 'tls intermediate'], revocationListsPem: ['crl'], intermediateCertificatesPem: [] });
    expect(config.orderers.map(({ mspId, endpoints }) => [mspId, endpoints])).toEqual([['OrdererMSP', ['orderer:7050']]]);
  });

  it('takes orderers from the channel’s own list where their organisations have none', () => {
    expect(parseChannelConfig(channel({}, { OrdererAddresses: addresses('old:7050') })).orderers[0]?.endpoints).toEqual(['old:7050']);
    expect(parseChannelConfig(channel({ Endpoints: addresses('new:7050') }, { OrdererAddresses: addresses('old:7050') })).orderers[0]?.endpoints).toEqual(['new:7050']);
  });

  it('refuses what is no configuration block, and throws nothing else', () => {
    expect(() => parseChannelConfig(block(group({})))).toThrow(expect.objectContaining({ code: 'MALFORMED_MESSAGE', message: expect.stringContaining('Application') as string }));
    fc.assert(
      fc.property(fc.uint8Array(), (content) => {
        expect(refusalCode(() => parseChannelConfig(content))).toBe('MALFORMED_MESSAGE');
      }),
    );
  });
});
