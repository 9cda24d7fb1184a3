import { SUITE_NAMES, toHex } from '@selvedge/crypto';
import { LIMITS } from '@selvedge/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openEvent, sealEvent, type OpenedEvent } from './event.js';
import { sealPacket, type SealedObject } from './packet.js';

const eventKey = new Uint8Array(32).fill(1);
const header = { keyEpoch: 2n, channel: 'chan', contract: 'stones', txId: new Uint8Array(32).fill(4) };
const [suite] = SUITE_NAMES;
const seal = (change: Partial<Parameters<typeof sealEvent>[0]> = {}): SealedObject =>
  sealEvent({ suite, eventKey, header, name: 'sold', payload: Buffer.from('payload'), ...change });
const open = (bytes: Uint8Array, place: Partial<typeof header> = {}): OpenedEvent =>
  openEvent(bytes, { eventKey: (epoch) => (epoch === 2n ? eventKey : undefined), expected: { ...header, ...place } });
const refusal = (code: string): unknown => expect.objectContaining({ code });

describe('sealed event', () => {
  it('opens to what was sealed; same input, same bytes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SUITE_NAMES), fc.string({ maxLength: 20 }), fc.uint8Array({ maxLength: 300 }), (name, title, payload) => {
        const input = { suite: name, name: title, payload };
        const { bytes, hash } = seal(input);
        expect(toHex(seal(input).hash)).toBe(toHex(hash));
        expect(open(bytes)).toMatchObject({ name: title, header: { ...header, suite: name } });
        expect(toHex(open(bytes).payload)).toBe(toHex(payload));
      }),
      { numRuns: 50 },
    );
  });

  it('refuses every flipped bit, truncation and extension', () => {
    const { bytes } = seal();
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = new Uint8Array(bytes);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => open(changed)).toThrow(expect.objectContaining({ name: 'SelvedgeError' }));
    }
    for (let length = 0; length < bytes.length; length += 1) expect(() => open(bytes.subarray(0, length))).toThrow(expect.objectContaining({ name: 'SelvedgeError' }));
    expect(() => open(Buffer.concat([bytes, Buffer.of(0x78, 1)]))).toThrow(refusal('MALFORMED_MESSAGE'));
  });

  it('refuses an event of another channel, contract or transaction', () => {
    for (const place of [{ channel: 'x' }, { contract: 'x' }, { txId: new Uint8Array(32) }]) expect(() => open(seal().bytes, place)).toThrow(refusal('STATE_FORGED'));
  });

  it('refuses another key, an unknown epoch, what is too large', () => {
    expect(() => open(seal({ eventKey: new Uint8Array(32) }).bytes)).toThrow(refusal('DECRYPT_FAILED'));
    expect(() => open(seal({ header: { ...header, keyEpoch: 3n } }).bytes)).toThrow(refusal('KEY_EPOCH_UNKNOWN'));
    expect(() => open(new Uint8Array(LIMITS.maxPacketBytes + 1))).toThrow(refusal('MESSAGE_TOO_LARGE'));
    expect(() => seal({ payload: new Uint8Array(LIMITS.maxPacketBytes) })).toThrow(refusal('LIMIT_EXCEEDED'));
    expect(() => seal({ header: { ...header, contract: 'c'.repeat(LIMITS.maxHeaderBytes) } })).toThrow(refusal('LIMIT_EXCEEDED'));
    expect(() => seal({ eventKey: new Uint8Array(0) })).toThrow(RangeError);
  });

  it('is not a packet, even under the same key', () => {
    const zero = new Uint8Array(32);
    const packet = sealPacket({ suite, dataKey: eventKey, header: { ...header, dataset: '', datasetTag: zero, ledgerKey: zero, readSetDigest: zero }, key: 'sold', value: Buffer.from('payload') });
    expect(() => open(packet.bytes)).toThrow(expect.objectContaining({ name: 'SelvedgeError' }));
  });
});
