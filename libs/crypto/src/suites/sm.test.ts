import { createCipheriv, createHash, createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { hkdf, sm2, sm3 } from 'sm-crypto-v2';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../bytes.js';
import { DHKEM_P256, DHKEM_SM2 } from '../hpke/kem.js';
import { SM4_GCM } from '../hpke/sm4-gcm.js';
import { createKeyedHash } from '../labels.js';
import { suiteByName } from './index.js';
import { generateSm2, importSm2, isSm2SignatureValid, signSm2 } from './sm2.js';

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const message = fc.uint8Array({ maxLength: 300 });
const SPKI = '3059301306072a8648ce3d020106082a811ccf5501822d034200';
/** Of a key that Node generated. */
const scalarOf = (privateKey: KeyObject): string => toHex(privateKey.export({ format: 'der', type: 'sec1' }).subarray(7, 39));
const suite = suiteByName('SM2-SM4GCM-SM3');

describe('SM3', () => {
  it('of Node passes the vectors of GB/T 32905-2016 annex A, and agrees with another implementation, HKDF too', () => {
    expect(createHash('sm3').update('abc').digest('hex')).toBe('66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0');
    expect(createHash('sm3').update('abcd'.repeat(16)).digest('hex')).toBe('debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732');
    fc.assert(
      fc.property(bytes(32), message, (key, text) => {
        expect(createHash('sm3').update(text).digest('hex')).toBe(sm3(text));
        expect(toHex(new Uint8Array(hkdfSync('sm3', key, new Uint8Array(0), text, 96)))).toBe(toHex(hkdf(key, new Uint8Array(0), text, 96)));
      }),
      { numRuns: 30 },
    );
  });

  it('is what the suite derives and authenticates with, and no other does', () => {
    const [key, ...others] = [new Uint8Array(32).fill(1), 'label', ['part']] as const;
    expect(toHex(suite.deriveKey(key, ...others))).toBe(toHex(createKeyedHash('sm3').deriveKey(key, ...others)));
    expect(toHex(suite.deriveKey(key, ...others))).not.toBe(toHex(suiteByName('P256-AES256GCM-SHA256').deriveKey(key, ...others)));
    expect(toHex(suite.labelledHmac(key, 'label', 'part'))).not.toBe(toHex(suiteByName('P256-AES256GCM-SHA256').labelledHmac(key, 'label', 'part')));
  });
});

describe('SM4-GCM', () => {
  it('passes the vector of RFC 8998 appendix A.1', () => {
    const key = fromHex('0123456789abcdeffedcba9876543210');
    const nonce = fromHex('00001234567800000000abcd');
    const aad = fromHex('feedfacedeadbeeffeedfacedeadbeefabaddad2');
    const plaintext = fromHex('aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccddddddddddddddddeeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa');
    const ciphertext = '17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d';
    expect(toHex(SM4_GCM.seal(key, nonce, aad, plaintext))).toBe(`${ciphertext}83de3541e4c2b58177e065a9bf7b62ec`);
  });

  it('encrypts as OpenSSL’s counter mode does from counter 2 on', () => {
    fc.assert(
      fc.property(bytes(16), bytes(12), message, message, (key, nonce, aad, plaintext) => {
        const cipher = createCipheriv('sm4-ctr', key, Buffer.concat([nonce, Buffer.of(0, 0, 0, 2)]));
        const sealed = SM4_GCM.seal(key, nonce, aad, plaintext);
        expect(toHex(sealed.subarray(0, -16))).toBe(toHex(Buffer.concat([cipher.update(plaintext), cipher.final()])));
        expect(toHex(SM4_GCM.open(key, nonce, aad, sealed))).toBe(toHex(plaintext));
      }),
      { numRuns: 60 },
    );
  });

  it('refuses keys and nonces of other lengths, and a tag that is cut, which the library itself would compare in part', () => {
    const [key, nonce] = [new Uint8Array(16), new Uint8Array(12)];
    for (const length of [0, 15, 17, 32]) expect(() => SM4_GCM.seal(new Uint8Array(length), nonce, key, key)).toThrow(RangeError);
    for (const length of [0, 11, 13, 16]) expect(() => SM4_GCM.open(key, new Uint8Array(length), key, new Uint8Array(40))).toThrow(RangeError);
    for (let length = 0; length < 16; length += 1) expect(() => SM4_GCM.open(key, nonce, key, new Uint8Array(length))).toThrow(RangeError);
    expect(() => suite.aeadSeal(key, nonce, key, key)).toThrow(RangeError); // content keys have 32 bytes
  });
});

describe('SM2', () => {
  /** GB/T 32918.5-2017 annex A.2. */
  const standard = {
    scalar: '3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8',
    point: '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13',
    signature: 'f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa',
  };

  it('passes the signature vector of GB/T 32918.5-2017 annex A', () => {
    const publicKey = importSm2(fromHex(SPKI + standard.point));
    expect(isSm2SignatureValid(publicKey, Buffer.from('message digest'), fromHex(standard.signature))).toBe(true);
    expect(isSm2SignatureValid(publicKey, Buffer.from('message digesT'), fromHex(standard.signature))).toBe(false);
  });

  it('signs what another implementation verifies, and verifies what that one signs', () => {
    const { publicKey, privateKey, publicKeyDer } = generateSm2();
    const point = toHex(publicKeyDer.subarray(-65));
    const scalar = scalarOf(privateKey);
    fc.assert(
      fc.property(message, (text) => {
        expect(sm2.doVerifySignature(text, toHex(signSm2(privateKey, text)), point, { hash: true })).toBe(true);
        expect(isSm2SignatureValid(publicKey, text, fromHex(sm2.doSignature(text, scalar, { hash: true, publicKey: point })))).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  it('never signs twice with one nonce', () => {
    const { privateKey } = generateSm2();
    const r = Array.from({ length: 40 }, () => toHex(signSm2(privateKey, Buffer.from('same')).subarray(0, 32)));
    expect(new Set(r).size).toBe(r.length);
  });

  it('refuses r and s of zero, and of the order or more', () => {
    const { publicKey, privateKey } = generateSm2();
    const text = Buffer.from('text');
    const good = signSm2(privateKey, text);
    const order = BigInt('0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123');
    const withPart = (at: 0 | 32, value: bigint): Buffer => {
      const copy = Buffer.from(good);
      copy.set(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'), at);
      return copy;
    };
    expect(isSm2SignatureValid(publicKey, text, good)).toBe(true);
    for (const at of [0, 32] as const) {
      const part = BigInt(`0x${toHex(good.subarray(at, at + 32))}`);
      for (const value of [0n, order, 2n ** 256n - 1n, ...(part + order < 2n ** 256n ? [part + order] : [])]) expect(isSm2SignatureValid(publicKey, text, withPart(at, value))).toBe(false);
    }
  });

  it('takes a key that came through PKCS #8, and no P-256 key', () => {
    const { publicKey, privateKey } = generateSm2();
    const again = createPrivateKey({ key: privateKey.export({ format: 'der', type: 'pkcs8' }), format: 'der', type: 'pkcs8' });
    expect(isSm2SignatureValid(createPublicKey(again), Buffer.from('x'), signSm2(again, Buffer.from('x')))).toBe(true);
    expect(isSm2SignatureValid(publicKey, Buffer.from('x'), signSm2(again, Buffer.from('x')))).toBe(true);
    const p256 = suiteByName('P256-AES256GCM-SHA256').generateSigningKeyPair();
    expect(isSm2SignatureValid(p256.publicKey, Buffer.from('x'), signSm2(again, Buffer.from('x')))).toBe(false);
  });

  it('agrees on shared secrets with another implementation', () => {
    for (let i = 0; i < 10; i += 1) {
      const [ours, theirs] = [DHKEM_SM2.generate(), DHKEM_SM2.generate()];
      const { sharedSecret, enc } = DHKEM_SM2.encapsulate(theirs.publicKey, ours);
      expect(toHex(DHKEM_SM2.decapsulate(enc, theirs))).toBe(toHex(sharedSecret));
      const x = sm2.ecdh(toHex(ours.privateKey), toHex(theirs.publicKey), true).subarray(1);
      const y = sm2.ecdh(toHex(theirs.privateKey), toHex(ours.publicKey), true).subarray(1);
      expect(toHex(x)).toBe(toHex(y));
    }
    expect(() => DHKEM_SM2.encapsulate(DHKEM_P256.generate().publicKey)).toThrow();
  });
});
