import { equalBytes, merklePaths, sha256, toHex } from '@selvedge/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AttachmentsSchema,
  compareEntries,
  CoreSchema,
  encodeMessage,
  GuardKind,
  isSameCores,
  LIMITS,
  parseCore,
  parseCores,
  readSetDigest,
  targetDigest,
  TargetDataSchema,
  coreDigest,
  teeSigningInput,
  teeSigningInputAt,
  verifyPacketsMatch,
  type Core,
} from './index.js';
import { create, type MessageInitShape } from '@bufbuild/protobuf';

type Section = NonNullable<MessageInitShape<typeof CoreSchema>['sections']>[number];
const hash = (fill: number, length = 32): Uint8Array => new Uint8Array(length).fill(fill);
const NONE = new Uint8Array(0);
const packet = Buffer.from('packet');
const read = { ownerSet: 'o', dataset: 'd', ledgerKey: hash(1), packetHash: hash(2) };
const write = { ownerSet: 'o', dataset: 'd', datasetTag: hash(3), ledgerKey: hash(1), effect: { case: 'packetHash' as const, value: sha256(packet) } };
const guard = { ownerSet: 'o', dataset: 'd', guardKey: hash(4), kind: GuardKind.MEMBERSHIP };
const section = { contract: 'stones', codeHash: hash(5), reads: [read], writes: [write], guardsRead: [guard], guardsWritten: [guard] };
const init = { version: 1, suite: 's', network: 'n', channel: 'c', txId: hash(6), requestDigest: hash(7), responseDigest: hash(8), sections: [section] };
const encode = (change: MessageInitShape<typeof CoreSchema> = {}): Uint8Array => encodeMessage(CoreSchema, { ...init, ...change });
const withSection = (change: Section): Uint8Array => encode({ sections: [{ ...section, ...change }] });
const parsed = (): Core => parseCore(encode());
const refusal = (code: string): unknown => expect.objectContaining({ code });

describe('parseCore', () => {
  it('takes a whole core, and a read of an absent key', () => {
    expect(parseCore(encode()).sections[0]?.contract).toBe('stones');
    expect(parseCore(withSection({ reads: [{ ...read, packetHash: new Uint8Array(0) }] })).sections).toHaveLength(1);
  });

  it.each<[string, string, Uint8Array]>([
    ['version 0', 'UNSUPPORTED_VERSION', encode({ version: 0 })],
    ['version 2', 'UNSUPPORTED_VERSION', encode({ version: 2 })],
    ['short tx_id', 'MALFORMED_MESSAGE', encode({ txId: hash(1, 31) })],
    ['short request digest', 'MALFORMED_MESSAGE', encode({ requestDigest: hash(1, 31) })],
    ['short response digest', 'MALFORMED_MESSAGE', encode({ responseDigest: hash(1, 31) })],
    ['no section', 'MALFORMED_MESSAGE', encode({ sections: [] })],
    ['two sections of one contract', 'MALFORMED_MESSAGE', encode({ sections: [section, section] })],
    ['too many sections', 'LIMIT_EXCEEDED', encode({ sections: Array.from({ length: LIMITS.maxSections + 1 }, (_, i) => ({ ...section, contract: String(i) })) })],
    ['too many reads', 'LIMIT_EXCEEDED', withSection({ reads: Array.from({ length: LIMITS.maxSectionEntries + 1 }, () => ({})) })],
    ['short code hash', 'MALFORMED_MESSAGE', withSection({ codeHash: hash(1, 31) })],
    ['reads twice', 'MALFORMED_MESSAGE', withSection({ reads: [read, read] })],
    ['reads out of order', 'MALFORMED_MESSAGE', withSection({ reads: [read, { ...read, ledgerKey: hash(0) }] })],
    ['writes twice', 'MALFORMED_MESSAGE', withSection({ writes: [write, write] })],
    ['guards read twice', 'MALFORMED_MESSAGE', withSection({ guardsRead: [guard, guard] })],
    ['guards written twice', 'MALFORMED_MESSAGE', withSection({ guardsWritten: [guard, guard] })],
    ['short ledger key of a read', 'MALFORMED_MESSAGE', withSection({ reads: [{ ...read, ledgerKey: hash(1, 31) }] })],
    ['short packet hash of a read', 'MALFORMED_MESSAGE', withSection({ reads: [{ ...read, packetHash: hash(1, 31) }] })],
    ['short ledger key of a write', 'MALFORMED_MESSAGE', withSection({ writes: [{ ...write, ledgerKey: hash(1, 31) }] })],
    ['short dataset tag', 'MALFORMED_MESSAGE', withSection({ writes: [{ ...write, datasetTag: hash(1, 31) }] })],
    ['short packet hash of a write', 'MALFORMED_MESSAGE', withSection({ writes: [{ ...write, effect: { case: 'packetHash', value: hash(1, 31) } }] })],
    ['short legacy key hash of a read', 'MALFORMED_MESSAGE', withSection({ reads: [{ ...read, packetHash: NONE, legacyKeyHash: hash(1, 31) }] })],
    ['short legacy value hash of a read', 'MALFORMED_MESSAGE', withSection({ reads: [{ ...read, packetHash: NONE, legacyKeyHash: hash(1), legacyValueHash: hash(1, 31) }] })],
    ['a legacy entry beside a packet', 'MALFORMED_MESSAGE', withSection({ reads: [{ ...read, legacyKeyHash: hash(1) }] })],
    ['a legacy value without its key', 'MALFORMED_MESSAGE', withSection({ reads: [{ ...read, packetHash: NONE, legacyValueHash: hash(1) }] })],
    ['short legacy key hash of a write', 'MALFORMED_MESSAGE', withSection({ writes: [{ ...write, legacyKeyHash: hash(1, 31) }] })],
    ['a write without effect', 'MALFORMED_MESSAGE', withSection({ writes: [{ ...write, effect: { case: undefined } }] })],
    ['short key of a guard read', 'MALFORMED_MESSAGE', withSection({ guardsRead: [{ ...guard, guardKey: hash(1, 31) }] })],
    ['short key of a guard written', 'MALFORMED_MESSAGE', withSection({ guardsWritten: [{ ...guard, guardKey: hash(1, 31) }] })],
    ['too many bytes', 'MESSAGE_TOO_LARGE', new Uint8Array(LIMITS.maxCoreBytes + 1)],
  ])('refuses %s', (_, code, bytes) => {
    expect(() => parseCore(bytes)).toThrow(refusal(code));
  });

  it('orders entries by owner set, dataset, ledger key', () => {
    const entry = fc.record({ ownerSet: fc.constantFrom('a', 'b'), dataset: fc.constantFrom('', 'x'), ledgerKey: fc.uint8Array({ maxLength: 2 }) });
    fc.assert(
      fc.property(entry, entry, (a, b) => {
        const same = a.ownerSet === b.ownerSet && a.dataset === b.dataset && equalBytes(a.ledgerKey, b.ledgerKey);
        expect(compareEntries(a, b) === 0).toBe(same);
        expect(Math.sign(compareEntries(a, b)) + Math.sign(compareEntries(b, a))).toBe(0);
        if (a.ownerSet < b.ownerSet) expect(compareEntries(a, b)).toBeLessThan(0);
      }),
    );
  });
});

describe('target data', () => {
  const item = (fill: number): Uint8Array => encode({ txId: hash(fill) });

  it('has a core for each item, of which a mask keeps some', () => {
    expect(parseCores([encode()], NONE)).toHaveLength(1);
    expect(parseCores([item(1), item(2), item(3)], Buffer.of(0b010)).map(({ txId }) => txId[0])).toEqual([1, 3]);
  });

  it.each<[string, string, readonly Uint8Array[], Uint8Array]>([
    ['no core', 'MALFORMED_MESSAGE', [], NONE],
    ['one transaction id twice', 'MALFORMED_MESSAGE', [item(1), item(2), item(1)], NONE],
    ['too many items', 'LIMIT_EXCEEDED', Array.from({ length: LIMITS.maxBatchItems + 1 }, () => item(1)), NONE],
    ['a kept core that does not parse', 'MALFORMED_MESSAGE', [item(1), encode({ txId: hash(2, 31) })], NONE],
    ['a dropped core that is too large', 'LIMIT_EXCEEDED', [item(1), new Uint8Array(LIMITS.maxCoreBytes + 1)], Buffer.of(0b10)],
    ['a mask that drops the only item', 'MALFORMED_MESSAGE', [item(1)], Buffer.of(1)],
    ['a mask of more items', 'MALFORMED_MESSAGE', [item(1), item(2)], Buffer.of(0b100)],
    ['a mask with a zero byte at its end', 'MALFORMED_MESSAGE', [item(1), item(2)], Buffer.of(0)],
  ])('refuses %s', (_, code, cores, mask) => {
    expect(() => parseCores(cores, mask)).toThrow(refusal(code));
  });

  it('carries exactly the packets of its write set, each once', () => {
    verifyPacketsMatch([parsed()], [packet]);
    for (const packets of [[], [packet, packet], [Buffer.from('other')], [packet, Buffer.from('other')]]) {
      expect(() => {
        verifyPacketsMatch([parsed()], packets);
      }).toThrow(refusal('PACKET_MISMATCH'));
    }
    const deletes = parseCore(withSection({ writes: [{ ...write, effect: { case: 'delete', value: true } }] }));
    verifyPacketsMatch([deletes], []);
  });

  it('is signed under labels that tell one item, batches and digests apart', () => {
    const [a, b] = [encode(), encode({ txId: hash(9) })];
    const none = new Uint8Array(0);
    const all = [teeSigningInput([a]), teeSigningInput([b]), teeSigningInput([a, b]), teeSigningInput([b, a]), teeSigningInput([a, a]), teeSigningInput([a, a, a])];
    expect(new Set(all.map(toHex)).size).toBe(all.length);
    const digests = [targetDigest([a], none), targetDigest([a], Buffer.of(0)), targetDigest([a, b], none), targetDigest([b], none), readSetDigest([]), readSetDigest([read])];
    expect(new Set(digests.map(toHex)).size).toBe(digests.length);
  });

  it('differs in its read set digest with every field', () => {
    const changes = [{ ownerSet: 'x' }, { dataset: 'x' }, { ledgerKey: hash(9) }, { packetHash: new Uint8Array(0) }, { legacyKeyHash: hash(8) }, { legacyKeyHash: hash(9) }, { legacyKeyHash: hash(8), legacyValueHash: hash(9) }];
    const digests = [readSetDigest([read]), readSetDigest([read, read]), ...changes.map((change) => readSetDigest([{ ...read, ...change }]))];
    expect(new Set(digests.map(toHex)).size).toBe(digests.length);
  });

  it('agrees between replicas when the cores do, whatever the attachments', () => {
    const data = (cores: Uint8Array[], packets: Uint8Array[] = []): Parameters<typeof isSameCores>[0] =>
      create(TargetDataSchema, { cores, attachments: create(AttachmentsSchema, { packets }) });
    expect(isSameCores(data([encode()]), data([encode()], [packet]))).toBe(true);
    expect(isSameCores(data([encode()]), data([encode({ gated: true })]))).toBe(false);
    expect(isSameCores(data([encode()]), data([encode(), encode()]))).toBe(false);
  });
});

describe('teeSigningInputAt', () => {
  const cores = [encode(), encode({ txId: hash(9) }), encode({ txId: hash(10) })];

  it('is what a TEE signs of all, for who has one of them', () => {
    const paths = merklePaths(cores);
    for (const [index, core] of cores.entries()) expect(toHex(teeSigningInputAt(core, { index, count: 3, path: paths[index]! }))).toBe(toHex(teeSigningInput(cores)));
    expect(toHex(teeSigningInputAt(cores[0]!, { index: 0, count: 1, path: [] }))).toBe(toHex(teeSigningInput([cores[0]!])));
  });

  it.each([
    ['a place that the batch has not', { index: 3, count: 3, path: [] }, 'MALFORMED_MESSAGE'],
    ['a path of another length', { index: 0, count: 3, path: [hash(1)] }, 'MALFORMED_MESSAGE'],
    ['a hash of another length', { index: 0, count: 2, path: [hash(1, 31)] }, 'MALFORMED_MESSAGE'],
    ['more cores than a batch has', { index: 0, count: LIMITS.maxBatchItems + 1, path: [] }, 'LIMIT_EXCEEDED'],
  ])('refuses %s', (_name, place, code) => {
    expect(() => teeSigningInputAt(cores[0]!, place)).toThrow(refusal(code));
  });

  it('differs from what identifies a core by itself', () => {
    expect(toHex(coreDigest(cores[0]!))).toBe(toHex(targetDigest([cores[0]!], NONE)));
  });
});
