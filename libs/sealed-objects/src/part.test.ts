import { SUITE_NAMES, toHex } from '@selvedge/crypto';
import { LIMITS } from '@selvedge/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sealPacket } from './packet.js';
import { openPart, sealPart, type OpenedPart } from './part.js';

const dataKey = new Uint8Array(32).fill(1);
const header = { keyEpoch: 2n, channel: 'chan', contract: 'stones', txId: new Uint8Array(32).fill(4), index: 1, count: 3 };
const [suite] = SUITE_NAMES;
const seal = (change: Partial<Parameters<typeof sealPart>[0]> = {}): Uint8Array => sealPart({ suite, dataKey, header, part: Buffer.from('part'), ...change });
const open = (bytes: Uint8Array, place: Partial<typeof header> = {}): OpenedPart =>
  openPart(bytes, { dataKey: (epoch) => (epoch === 2n ? dataKey : undefined), expected: { ...header, ...place } });
const refusal = (code: string): unknown => expect.objectContaining({ code });

describe('sealed part', () => {
  it('opens to what was sealed; same input, same bytes, and the length is padded', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SUITE_NAMES), fc.uint8Array({ maxLength: 300 }), (name, part) => {
        const bytes = seal({ suite: name, part });
        expect(toHex(seal({ suite: name, part }))).toBe(toHex(bytes));
        expect(open(bytes).header).toMatchObject({ ...header, suite: name });
        expect(toHex(open(bytes).part)).toBe(toHex(part));
      }),
      { numRuns: 50 },
    );
    expect(seal({ part: new Uint8Array(1_000) }).length).toBe(seal({ part: new Uint8Array(1_010) }).length);
  });

  it('refuses every flipped bit, truncation and extension', () => {
    const bytes = seal();
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = new Uint8Array(bytes);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => open(changed)).toThrow(expect.objectContaining({ name: 'SelvedgeError' }));
    }
    for (let length = 0; length < bytes.length; length += 1) expect(() => open(bytes.subarray(0, length))).toThrow(expect.objectContaining({ name: 'SelvedgeError' }));
    expect(() => open(Buffer.concat([bytes, Buffer.of(0x78, 1)]))).toThrow(refusal('MALFORMED_MESSAGE'));
  });

  it('refuses a part of another channel, contract or request', () => {
    for (const place of [{ channel: 'x' }, { contract: 'x' }, { txId: new Uint8Array(32) }]) expect(() => open(seal(), place)).toThrow(refusal('PART_FOREIGN'));
  });

  it('refuses another key, an unknown epoch, what is too large', () => {
    expect(() => open(seal({ dataKey: new Uint8Array(32) }))).toThrow(refusal('DECRYPT_FAILED'));
    expect(() => open(seal({ header: { ...header, keyEpoch: 3n } }))).toThrow(refusal('KEY_EPOCH_UNKNOWN'));
    expect(() => open(new Uint8Array(LIMITS.maxPartBytes + 1))).toThrow(refusal('MESSAGE_TOO_LARGE'));
    expect(() => seal({ part: new Uint8Array(LIMITS.maxPartBytes) })).toThrow(refusal('LIMIT_EXCEEDED'));
    expect(() => seal({ header: { ...header, contract: 'c'.repeat(LIMITS.maxHeaderBytes) } })).toThrow(refusal('LIMIT_EXCEEDED'));
  });

  it('is no packet, though the key is the same', () => {
    const zero = new Uint8Array(32);
    const { bytes } = sealPacket({ suite, dataKey, header: { ...header, dataset: '', datasetTag: zero, ledgerKey: zero, readSetDigest: zero, reEncrypted: false, nameKeyEpoch: 0n }, key: '', value: Buffer.from('part') });
    expect(() => open(bytes)).toThrow(expect.objectContaining({ name: 'SelvedgeError' }));
  });
});
