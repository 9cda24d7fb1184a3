import { SUITE_NAMES, toHex } from '@selvedge/crypto';
import { LIMITS, PacketHeaderSchema, PacketSchema, parseMessage } from '@selvedge/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openPacket, parsePacketHeader, sealPacket, type ExpectedPacket, type OpenedPacket, type PacketHeaderInit, type SealedObject } from './packet.js';
import { padmeLength } from './padme.js';

const dataKey = new Uint8Array(32).fill(1);
const header: PacketHeaderInit = {
  keyEpoch: 7n,
  channel: 'chan',
  contract: 'stones',
  dataset: 'house1',
  datasetTag: new Uint8Array(32).fill(2),
  ledgerKey: new Uint8Array(32).fill(3),
  txId: new Uint8Array(32).fill(4),
  readSetDigest: new Uint8Array(32).fill(5),
};
const [suite] = SUITE_NAMES;
const seal = (change: Partial<Parameters<typeof sealPacket>[0]> = {}): SealedObject =>
  sealPacket({ suite, dataKey, header, key: 'stone1', value: Buffer.from('a value'), ...change });
const expected = { channel: 'chan', contract: 'stones', dataset: 'house1', ledgerKey: header.ledgerKey };
const open = (bytes: Uint8Array, place: ExpectedPacket = expected): OpenedPacket =>
  openPacket(bytes, { dataKey: (epoch) => (epoch === 7n ? dataKey : undefined), expected: place });
const refusal = (code: string): unknown => expect.objectContaining({ code });

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const name = fc.string({ maxLength: 20 });
const headers = fc.record({
  keyEpoch: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  channel: name,
  contract: name,
  dataset: name,
  datasetTag: bytes32,
  ledgerKey: bytes32,
  txId: bytes32,
  readSetDigest: bytes32,
  reEncrypted: fc.boolean(),
  nameKeyEpoch: fc.bigInt({ min: 0n, max: 2n ** 32n }),
});
const inputs = fc.record({
  suite: fc.constantFrom(...SUITE_NAMES),
  dataKey: bytes32,
  header: headers,
  key: fc.string({ unit: 'binary', maxLength: 30 }).filter((text) => !/\p{Surrogate}/u.test(text)),
  value: fc.uint8Array({ maxLength: 500 }),
});

describe('packet', () => {
  it('opens to what was sealed; same input, same bytes', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { bytes, hash } = sealPacket(input);
        expect(toHex(sealPacket(input).bytes)).toBe(toHex(bytes));
        expect(hash).toHaveLength(32);
        const opened = openPacket(bytes, { dataKey: () => input.dataKey, expected: input.header });
        expect(opened.key).toBe(input.key);
        expect(toHex(opened.value)).toBe(toHex(input.value));
        expect(opened.header).toMatchObject({ ...input.header, suite: input.suite });
      }),
      { numRuns: 200 },
    );
  });

  it('changes its key with every other header or data key, its nonce with every other plaintext', () => {
    const parts = (sealed: SealedObject): { commitment: string; nonce: string } => {
      const packet = parseMessage(PacketSchema, sealed.bytes, LIMITS.maxPacketBytes);
      const commitment = parseMessage(PacketHeaderSchema, packet.header, LIMITS.maxHeaderBytes).keyCommitment;
      return { commitment: toHex(commitment), nonce: toHex(packet.nonce) };
    };
    fc.assert(
      fc.property(inputs, inputs, (input, other) => {
        const before = parts(sealPacket(input));
        for (const field of Object.keys(input.header) as (keyof PacketHeaderInit)[]) {
          const changed = { ...input.header, [field]: other.header[field] };
          if (input.header[field].toString() === other.header[field].toString()) continue;
          expect(parts(sealPacket({ ...input, header: changed })).commitment).not.toBe(before.commitment);
        }
        if (toHex(input.dataKey) !== toHex(other.dataKey)) expect(parts(sealPacket({ ...input, dataKey: other.dataKey })).commitment).not.toBe(before.commitment);
        if (input.suite !== other.suite) expect(parts(sealPacket({ ...input, suite: other.suite })).commitment).not.toBe(before.commitment);
        for (const plaintext of [{ key: `${input.key}x` }, { value: Buffer.concat([input.value, Buffer.of(0)]) }]) {
          const after = parts(sealPacket({ ...input, ...plaintext }));
          expect(after.commitment).toBe(before.commitment);
          expect(after.nonce).not.toBe(before.nonce);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('does not move characters between key and value', () => {
    const a = openPacket(seal({ key: 'ab', value: Buffer.from('c') }).bytes, { dataKey: () => dataKey, expected });
    const b = openPacket(seal({ key: 'a', value: Buffer.from('bc') }).bytes, { dataKey: () => dataKey, expected });
    expect([a.key, b.key]).toEqual(['ab', 'a']);
    expect(toHex(seal({ key: 'ab', value: Buffer.from('c') }).hash)).not.toBe(toHex(seal({ key: 'a', value: Buffer.from('bc') }).hash));
  });

  it('refuses every flipped bit, truncation and extension', () => {
    const { bytes } = seal();
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = new Uint8Array(bytes);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => open(changed)).toThrow(expect.objectContaining({ name: 'SelvedgeError' }));
    }
    for (let length = 0; length < bytes.length; length += 1) expect(() => open(bytes.subarray(0, length))).toThrow(expect.objectContaining({ name: 'SelvedgeError' }));
    // An unknown field parses and would give the same value a second version.
    expect(() => open(Buffer.concat([bytes, Buffer.of(0x78, 1)]))).toThrow(refusal('MALFORMED_MESSAGE'));
  });

  it('refuses a genuine packet in another place', () => {
    const { bytes } = seal();
    const tag = { channel: 'chan', contract: 'stones', dataset: 'house1', datasetTag: header.datasetTag };
    expect(open(bytes, tag).key).toBe('stone1');
    expect(parsePacketHeader(bytes, expected).keyEpoch).toBe(7n);
    for (const change of [{ channel: 'x' }, { contract: 'x' }, { dataset: '' }, { ledgerKey: new Uint8Array(32) }, { datasetTag: new Uint8Array(32) }]) {
      expect(() => open(bytes, { ...expected, ...change })).toThrow(refusal('STATE_FORGED'));
      expect(() => parsePacketHeader(bytes, { ...expected, ...change })).toThrow(refusal('STATE_FORGED'));
    }
    expect(() => open(bytes, { ...tag, datasetTag: new Uint8Array(32) })).toThrow(refusal('STATE_FORGED'));
  });

  it('names an unknown epoch, and not which secret check failed', () => {
    expect(() => open(seal({ header: { ...header, keyEpoch: 8n } }).bytes)).toThrow(refusal('KEY_EPOCH_UNKNOWN'));
    expect(() => open(seal({ dataKey: new Uint8Array(32) }).bytes)).toThrow(expect.objectContaining({ code: 'DECRYPT_FAILED', message: 'decryption failed' }));
  });

  it('pads by at most 12 %', () => {
    fc.assert(
      fc.property(fc.nat(20_000), (length) => {
        const packet = parseMessage(PacketSchema, seal({ key: 'k', value: new Uint8Array(length) }).bytes, LIMITS.maxPacketBytes);
        const exact = 4 + 1 + 4 + length;
        expect(packet.ciphertext).toHaveLength(padmeLength(exact) + 16);
        expect(packet.ciphertext.length - 16).toBeLessThanOrEqual(exact * 1.12);
      }),
      { numRuns: 100 },
    );
  });

  it('refuses to seal what could not be opened', () => {
    expect(() => seal({ value: new Uint8Array(LIMITS.maxPacketBytes) })).toThrow(refusal('LIMIT_EXCEEDED'));
    expect(() => seal({ header: { ...header, contract: 'c'.repeat(LIMITS.maxHeaderBytes) } })).toThrow(refusal('LIMIT_EXCEEDED'));
    expect(() => seal({ key: '\ud800' })).toThrow(refusal('MALFORMED_MESSAGE'));
    expect(() => seal({ suite: 'ROT13' })).toThrow(refusal('UNKNOWN_SUITE'));
    for (const field of ['datasetTag', 'ledgerKey', 'txId', 'readSetDigest']) {
      expect(() => seal({ header: { ...header, [field]: new Uint8Array(31) } })).toThrow(refusal('MALFORMED_MESSAGE'));
    }
    for (const length of [0, 31, 33]) expect(() => seal({ dataKey: new Uint8Array(length) })).toThrow(RangeError);
  });

  it('refuses what is too large before it parses', () => {
    expect(() => open(new Uint8Array(LIMITS.maxPacketBytes + 1))).toThrow(refusal('MESSAGE_TOO_LARGE'));
  });
});
