import { deriveKey, labelledHmac, suiteByName, SUITE_NAMES } from '@selvedge/crypto';
import { encodeMessage, LIMITS, PacketHeaderSchema, PacketSchema } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { openPacket, type OpenedPacket } from './packet.js';
import { encodeContent } from './padded-content.js';

// Packets made by someone who holds the data key but not the rules: each breaks one rule and keeps the others, so that
// just the check of that rule can refuse it. The derivation is written out again from DESIGN 3.
const [suite] = SUITE_NAMES;
const dataKey = new Uint8Array(32).fill(1);
const base = {
  suite: suite as string,
  keyEpoch: 1n,
  channel: 'chan',
  contract: 'stones',
  dataset: '',
  datasetTag: new Uint8Array(32).fill(2),
  ledgerKey: new Uint8Array(32).fill(3),
  txId: new Uint8Array(32).fill(4),
  readSetDigest: new Uint8Array(32).fill(5),
};

interface Forgery {
  readonly fields?: Partial<typeof base>;
  readonly commitment?: Uint8Array;
  readonly nonce?: Uint8Array;
  readonly plaintext?: Uint8Array;
}

function forge({ fields, commitment, nonce, plaintext = encodeContent({ name: 'k', value: Buffer.from('value') }) }: Forgery): Uint8Array {
  const header = { ...base, ...fields };
  const okm = deriveKey(dataKey, 'packet keys', [encodeMessage(PacketHeaderSchema, header)], 96);
  const headerBytes = encodeMessage(PacketHeaderSchema, { ...header, keyCommitment: commitment ?? okm.subarray(64) });
  const iv = nonce ?? labelledHmac(okm.subarray(32, 64), 'packet nonce', plaintext).subarray(0, 12);
  return encodeMessage(PacketSchema, { header: headerBytes, nonce: iv, ciphertext: suiteByName(suite).aeadSeal(okm.subarray(0, 32), iv, headerBytes, plaintext) });
}

const open = (bytes: Uint8Array): OpenedPacket => openPacket(bytes, { dataKey: () => dataKey, expected: base });
const content = (parts: readonly (Uint8Array | readonly number[])[]): Uint8Array => Buffer.concat(parts.map((part) => Uint8Array.from(part)));

describe('a packet by a holder of the data key', () => {
  it('opens when it keeps all rules', () => {
    expect(open(forge({}))).toMatchObject({ key: 'k', value: Buffer.from('value') });
  });

  it.each<[string, Forgery]>([
    ['another commitment', { commitment: new Uint8Array(32) }],
    ['a short commitment', { commitment: new Uint8Array(31) }],
    ['no commitment', { commitment: new Uint8Array(0) }],
    ['another nonce', { nonce: new Uint8Array(12) }],
    ['a longer nonce', { nonce: new Uint8Array(16) }],
    ['an empty plaintext', { plaintext: new Uint8Array(0) }],
    ['a name longer than the plaintext', { plaintext: content([[0, 0, 0, 9], [0, 0, 0, 0]]) }],
    ['a name that leaves no room for the value’s length', { plaintext: content([[0, 0, 0, 2], [65, 66], [0, 0]]) }],
    ['a value longer than the plaintext', { plaintext: content([[0, 0, 0, 0], [0, 0, 0, 1]]) }],
    ['a value of 4 GiB', { plaintext: content([[0, 0, 0, 0], [255, 255, 255, 255]]) }],
    ['a name of 4 GiB', { plaintext: content([[255, 255, 255, 255], [0, 0, 0, 0]]) }],
    ['more padding than Padmé', { plaintext: content([encodeContent({ name: 'k', value: Buffer.from('value') }), new Uint8Array(50)]) }],
    ['no padding', { plaintext: content([[0, 0, 0, 1], [65], [0, 0, 0, 8], new Uint8Array(8)]).subarray(0, 17) }],
    ['padding that is not zero', { plaintext: content([[0, 0, 0, 1], [65], [0, 0, 0, 8], new Uint8Array(8), [1]]) }],
    ['a name that is not UTF-8', { plaintext: content([[0, 0, 0, 2], [255, 255], [0, 0, 0, 0]]) }],
  ])('is refused with %s, as any failing decryption', (_, forgery) => {
    expect(() => open(forge(forgery))).toThrow(expect.objectContaining({ code: 'DECRYPT_FAILED', message: 'decryption failed' }));
  });

  it.each(['datasetTag', 'ledgerKey', 'txId', 'readSetDigest'])('is refused with a short %s', (field) => {
    const bytes = forge({ fields: { [field]: new Uint8Array(31) } });
    expect(() => openPacket(bytes, { dataKey: () => dataKey, expected: { ...base, [field]: new Uint8Array(31) } })).toThrow(
      expect.objectContaining({ code: 'MALFORMED_MESSAGE' }),
    );
  });

  it('is refused with a suite that is unknown, or a header that is too large', () => {
    expect(() => open(forge({ fields: { suite: 'ROT13' } }))).toThrow(expect.objectContaining({ code: 'UNKNOWN_SUITE' }));
    expect(() => open(forge({ fields: { contract: 'c'.repeat(LIMITS.maxHeaderBytes) } }))).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }));
  });
});
