import { describe, expect, it } from 'vitest';
import { fromHex } from '../bytes.js';
import { createHpke } from '../hpke/hpke.js';
import { DHKEM_P256, DHKEM_SM2, DHKEM_X25519 } from '../hpke/kem.js';
import type { SuiteName } from '../suite.js';
import { suiteByName } from './index.js';

const P256: SuiteName = 'P256-AES256GCM-SHA256';
const X25519: SuiteName = 'X25519-ED25519-AES256GCM-SHA256';
const SM2: SuiteName = 'SM2-SM4GCM-SM3';
const empty = new Uint8Array(0);
const withByte = (bytes: Uint8Array, index: number, value: number): Uint8Array => {
  const copy = new Uint8Array(bytes);
  copy[index] = value;
  return copy;
};
/** Bytes that are no point of a curve, or not in the form that is taken. @param fieldPrime hex */
const hostilePoints = (good: Uint8Array, fieldPrime: string): readonly (readonly [string, Uint8Array])[] => [
  ['empty', empty],
  ['one byte short', good.subarray(0, 64)],
  ['one byte long', Buffer.concat([good, Buffer.of(0)])],
  ['off the curve', withByte(good, 64, (good[64] as number) ^ 1)],
  ['compressed', Buffer.concat([Buffer.of(2 + ((good[64] as number) & 1)), good.subarray(1, 33)])],
  ['hybrid form', withByte(good, 0, 6 + ((good[64] as number) & 1))],
  ['point at infinity', Buffer.of(0)],
  ['all zero coordinates', withByte(new Uint8Array(65), 0, 4)],
  ['x equal to the field prime', Buffer.concat([Buffer.of(4), fromHex(fieldPrime), good.subarray(33)])],
  ['x and y all ones', Buffer.concat([Buffer.of(4), Buffer.alloc(64, 0xff)])],
];

/** Points of low order, RFC 7748 section 6.1; list of https://cr.yp.to/ecdh.html#validate. */
const lowOrderX25519 = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '0100000000000000000000000000000000000000000000000000000000000080',
];
const hostileX25519: readonly (readonly [string, Uint8Array])[] = [
  ['empty', empty],
  ['31 bytes', new Uint8Array(31).fill(9)],
  ['33 bytes', new Uint8Array(33).fill(9)],
  ['a P-256 key', DHKEM_P256.generate().publicKey],
  ...lowOrderX25519.map((hex) => [`low order ${hex}`, fromHex(hex)] as const),
];

const cases = [
  ...hostilePoints(DHKEM_P256.generate().publicKey, 'ffffffff00000001000000000000000000000000ffffffffffffffffffffffff').map(([what, key]) => ({ suite: P256, kem: DHKEM_P256, what, key })),
  ...hostilePoints(DHKEM_SM2.generate().publicKey, 'fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff').map(([what, key]) => ({ suite: SM2, kem: DHKEM_SM2, what, key })),
  { suite: SM2, kem: DHKEM_SM2, what: 'a P-256 key', key: DHKEM_P256.generate().publicKey },
  ...hostileX25519.map(([what, key]) => ({ suite: X25519, kem: DHKEM_X25519, what, key })),
];

describe('hostile HPKE public keys', () => {
  it.each(cases)('$suite refuses to seal to a key that is $what', ({ suite, key }) => {
    expect(() => suiteByName(suite).hpkeSeal(key, empty, empty, empty)).toThrow(expect.objectContaining({ code: 'PUBLIC_KEY_INVALID' }));
    expect(() => suiteByName(suite).hpkeSetupSender(key, empty)).toThrow(expect.objectContaining({ code: 'PUBLIC_KEY_INVALID' }));
  });

  it.each(cases)('$suite tells a key that is $what from one of its own', ({ suite, key }) => {
    expect(suiteByName(suite).isKemPublicKey(key)).toBe(false);
    expect(suiteByName(suite).isKemPublicKey(suiteByName(suite).generateKemKeyPair().publicKey)).toBe(true);
  });

  it.each(cases)('$suite answers an enc that is $what as any failing decryption', ({ suite, key }) => {
    const recipient = suiteByName(suite).generateKemKeyPair();
    const open = (): Uint8Array => suiteByName(suite).hpkeOpen(recipient, key, empty, empty, new Uint8Array(48));
    const setUp = (): unknown => suiteByName(suite).hpkeSetupRecipient(recipient, key, empty);
    for (const attempt of [open, setUp]) expect(attempt).toThrow(expect.objectContaining({ code: 'DECRYPT_FAILED', message: 'decryption failed' }));
  });

  it.each(cases)('the KEM itself refuses $suite $what', ({ kem, key }) => {
    expect(() => createHpke(kem).kem.encapsulate(key)).toThrow();
    expect(() => createHpke(kem).kem.decapsulate(key, kem.generate())).toThrow();
  });
});

describe('key derivation', () => {
  it.each([DHKEM_P256, DHKEM_X25519, DHKEM_SM2])('refuses input keying material below 32 bytes (kem $id)', (kem) => {
    expect(() => kem.derive(new Uint8Array(31))).toThrow(RangeError);
    expect(kem.derive(new Uint8Array(32)).publicKey).toHaveLength(kem.publicKeyBytes);
  });

  it.each([DHKEM_P256, DHKEM_X25519, DHKEM_SM2])('generates keys of fixed length (kem $id)', (kem) => {
    for (let i = 0; i < 300; i += 1) {
      const pair = kem.generate();
      expect(pair.privateKey).toHaveLength(32);
      expect(pair.publicKey).toHaveLength(kem.publicKeyBytes);
    }
  });
});
