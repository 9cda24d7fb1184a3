import { SUITE_NAMES } from '@selvedge/crypto';
import { createTargetData, createTestConsortium, randomTxId, refusalCode, TEST_CONTRACT, type TargetDataInput, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { encodeMessage, PacketHeaderSchema, PacketSchema } from '@selvedge/protocol';
import { sha256 } from '@selvedge/crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { verifyTargetData } from './verify-target-data.js';

const OTHER = new Uint8Array(32).fill(3);

let consortium: TestConsortium;
let node: TestComputeNode;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode();
});
afterEach(() => {
  consortium.restore();
});

const refusal = (input: Partial<TargetDataInput> = {}): string | undefined => {
  const targetData = createTargetData({ consortium, nodes: [node], ...input });
  return refusalCode(() => verifyTargetData(targetData, { state: consortium.state, profile: consortium.profile, at: consortium.now }));
};

describe('packets', () => {
  it.each<[string, NonNullable<TargetDataInput['changeSigned']>]>([
    ['one is missing', (data) => { data.attachments!.packets = []; }],
    ['one is twice there', (data) => { data.attachments!.packets.push(data.attachments!.packets[0]!); }],
    ['one is changed by a bit', (data) => { data.attachments!.packets = data.attachments!.packets.map((packet) => Uint8Array.from(packet, (byte, i) => (i === packet.length - 1 ? byte ^ 1 : byte))); }],
    ['one is of another transaction', (data) => { data.attachments!.packets = createTargetData({ consortium, nodes: [] }).attachments!.packets; }],
  ])('are refused when %s', (_name, changeSigned) => {
    expect(refusal({ changeSigned })).toBe('PACKET_MISMATCH');
  });

  it.each<[string, Partial<TargetDataInput>]>([
    ['suite', { packetSuite: SUITE_NAMES[1] }],
    ['key epoch', { packetHeader: { keyEpoch: 9n } }],
    ['name key epoch', { packetHeader: { nameKeyEpoch: 2n } }],
    ['channel', { packetHeader: { channel: 'elsewhere' } }],
    ['contract', { packetHeader: { contract: 'rubies' } }],
    ['dataset', { packetHeader: { dataset: 'auroraStones' } }],
    ['dataset tag', { packetHeader: { datasetTag: OTHER } }],
    ['ledger key', { packetHeader: { ledgerKey: OTHER } }],
    ['transaction id', { packetHeader: { txId: OTHER } }],
    ['read-set digest', { packetHeader: { readSetDigest: OTHER } }],
  ])('are refused when a header’s %s is not the core’s', (_field, input) => {
    expect(refusal(input)).toBe('TARGET_DATA_INCONSISTENT');
  });

  const replacePacket = (packet: Uint8Array): Partial<TargetDataInput> => ({
    changeCore: (core) => { core.sections[0]!.writes[0]!.effect = { case: 'packetHash', value: sha256(packet) }; },
    changeSigned: (data) => { data.attachments!.packets = [packet]; },
  });

  it('that do not parse are refused', () => {
    expect(refusal(replacePacket(Buffer.from('no packet')))).toBe('MALFORMED_MESSAGE');
  });

  it('are refused in another encoding than their own, which no owner could open', () => {
    const [packet] = createTargetData({ consortium, nodes: [node] }).attachments!.packets;
    // The nonce once more, as a parser takes it: the last of several counts.
    expect(refusal(replacePacket(Buffer.concat([Uint8Array.of(0x12, 12), new Uint8Array(12), packet!])))).toBe('MALFORMED_MESSAGE');
  });

  it('need a nonce and a key commitment of the right length', () => {
    const header = encodeMessage(PacketHeaderSchema, { keyCommitment: new Uint8Array(32) });
    expect(refusal(replacePacket(encodeMessage(PacketSchema, { header, nonce: new Uint8Array(11) })))).toBe('MALFORMED_MESSAGE');
    expect(refusal(replacePacket(encodeMessage(PacketSchema, { header: new Uint8Array(0), nonce: new Uint8Array(12) })))).toBe('MALFORMED_MESSAGE');
    expect(refusal(replacePacket(encodeMessage(PacketSchema, { header, nonce: new Uint8Array(12) })))).toBe('TARGET_DATA_INCONSISTENT');
  });
});

describe('sealed events', () => {
  const event = { name: 'PriceChanged', payload: '{}' };

  it('that belong to the core pass', () => {
    expect(refusal({ event })).toBeUndefined();
  });

  it.each<[string, NonNullable<TargetDataInput['changeSigned']>]>([
    ['one is missing', (data) => { data.attachments!.sealedEvents = []; }],
    ['one is twice there', (data) => { data.attachments!.sealedEvents.push(data.attachments!.sealedEvents[0]!); }],
    ['one is another', (data) => { data.attachments!.sealedEvents = [Buffer.from('other')]; }],
  ])('are refused when %s', (_name, changeSigned) => {
    expect(refusal({ event, changeSigned })).toBe('PACKET_MISMATCH');
  });

  it('are refused when the core names none', () => {
    expect(refusal({ changeSigned: (data) => { data.attachments!.sealedEvents = [Buffer.from('event')]; } })).toBe('PACKET_MISMATCH');
  });

  it('go together with the event digest', () => {
    expect(refusal({ event, changeCore: (core) => { core.eventDigest = new Uint8Array(0); } })).toBe('TARGET_DATA_INCONSISTENT');
    expect(refusal({ changeCore: (core) => { core.eventDigest = OTHER; } })).toBe('TARGET_DATA_INCONSISTENT');
  });

  it.each<[string, Partial<TargetDataInput>]>([
    ['suite', { eventSuite: SUITE_NAMES[1] }],
    ['key epoch', { eventHeader: { keyEpoch: 9n } }],
    ['channel', { eventHeader: { channel: 'elsewhere' } }],
    ['contract', { eventHeader: { contract: 'rubies' } }],
    ['transaction id', { eventHeader: { txId: randomTxId() } }],
  ])('are refused when a header’s %s is not the core’s', (_field, input) => {
    expect(refusal({ event, ...input })).toBe('TARGET_DATA_INCONSISTENT');
  });

  it('of a genuine contract name are accepted', () => {
    expect(refusal({ event, eventHeader: { contract: TEST_CONTRACT } })).toBeUndefined();
  });
});
