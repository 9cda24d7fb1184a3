import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SUITE_NAMES } from '../suite.js';
import { generateP256, isP256SignatureValid, signP256 } from './ecdsa-p256.js';
import { suiteByName } from './index.js';
import { importSm2, isSm2SignatureValid } from './sm2.js';

const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
const message = fc.uint8Array({ maxLength: 300 });
const p1363 = (privateKey: KeyObject, text: Uint8Array): Buffer => sign('sha256', text, { key: privateKey, dsaEncoding: 'ieee-p1363' });
const toBig = (bytes: Uint8Array): bigint => BigInt('0x' + Buffer.from(bytes).toString('hex'));

function derOf(r: bigint, s: bigint): Buffer {
  const integer = (value: bigint): Buffer => {
    const hex = value.toString(16);
    const body = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
    const padded = (body[0] as number) >= 0x80 ? Buffer.concat([Buffer.of(0), body]) : body;
    return Buffer.concat([Buffer.of(2, padded.length), padded]);
  };
  const content = Buffer.concat([integer(r), integer(s)]);
  return Buffer.concat([Buffer.of(0x30, content.length), content]);
}

describe('ECDSA P-256 as Fabric wants it', () => {
  const { publicKey, privateKey } = generateP256();

  it('signs low-S, and its signatures verify', () => {
    fc.assert(
      fc.property(message, (text) => {
        const signature = signP256(privateKey, text);
        expect(isP256SignatureValid(publicKey, text, signature)).toBe(true);
        const rLength = signature[3] as number;
        expect(toBig(signature.subarray(6 + rLength)) <= ORDER / 2n).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('refuses the high-S twin of every signature', () => {
    fc.assert(
      fc.property(message, (text) => {
        const raw = p1363(privateKey, text);
        const r = toBig(raw.subarray(0, 32));
        const s = toBig(raw.subarray(32));
        const low = s > ORDER / 2n ? ORDER - s : s;
        expect(isP256SignatureValid(publicKey, text, derOf(r, low))).toBe(true);
        expect(isP256SignatureValid(publicKey, text, derOf(r, ORDER - low))).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  it('encodes short integers as DER does', () => {
    // About one in 256 signatures has an r or s below 31 bytes.
    for (let i = 0; i < 600; i += 1) expect(isP256SignatureValid(publicKey, Buffer.of(i & 255, i >> 8), signP256(privateKey, Buffer.of(i & 255, i >> 8)))).toBe(true);
  });

  it('refuses trailing bytes, truncations and raw form', () => {
    const text = Buffer.from('text');
    const signature = signP256(privateKey, text);
    for (let length = 0; length < signature.length; length += 1) {
      expect(isP256SignatureValid(publicKey, text, signature.subarray(0, length))).toBe(false);
    }
    expect(isP256SignatureValid(publicKey, text, Buffer.concat([signature, Buffer.of(0)]))).toBe(false);
    expect(isP256SignatureValid(publicKey, text, p1363(privateKey, text))).toBe(false);
  });

  it('refuses a signature by another curve’s key', () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
    const text = Buffer.from('text');
    const raw = p1363(other.privateKey, text);
    const s = toBig(raw.subarray(32));
    const signature = derOf(toBig(raw.subarray(0, 32)), s > ORDER / 2n ? ORDER - s : s);
    expect(isP256SignatureValid(other.publicKey, text, signature)).toBe(false);
  });
});

/** OpenSSL signs with some keys in ways that no suite wants, and with others not at all. */
function signatureOrNone(sign: () => Uint8Array): Uint8Array {
  try {
    return sign();
  } catch {
    return new Uint8Array(64);
  }
}

describe.each(SUITE_NAMES)('signatures of %s', (name) => {
  const suite = suiteByName(name);
  const { publicKey, publicKeyDer, privateKey } = suite.generateSigningKeyPair();

  it('verify, also with the re-imported key', () => {
    fc.assert(
      fc.property(message, (text) => {
        const signature = suite.sign(privateKey, text);
        expect(suite.isSignatureValid(suite.importPublicKey(publicKeyDer), text, signature)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('refuse every flipped bit of signature and message', () => {
    const text = Buffer.from('a message');
    const signature = suite.sign(privateKey, text);
    const flipped = (bytes: Uint8Array, bit: number): Buffer => {
      const copy = Buffer.from(bytes);
      copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
      return copy;
    };
    for (let bit = 0; bit < signature.length * 8; bit += 1) expect(suite.isSignatureValid(publicKey, text, flipped(signature, bit))).toBe(false);
    for (let bit = 0; bit < text.length * 8; bit += 1) expect(suite.isSignatureValid(publicKey, flipped(text, bit), signature)).toBe(false);
    expect(suite.isSignatureValid(suite.generateSigningKeyPair().publicKey, text, signature)).toBe(false);
  });

  it('refuse random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => !suite.isSignatureValid(publicKey, Buffer.from('text'), bytes)));
  });

  it('refuse a key of the other suites, an RSA key and rubbish on import', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'der', type: 'spki' });
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'der', type: 'spki' });
    const others = SUITE_NAMES.filter((other) => other !== name).map((other) => suiteByName(other).generateSigningKeyPair());
    const rubbish = [new Uint8Array(0), publicKeyDer.subarray(1), publicKeyDer.subarray(0, -1), rsa, p384, ...others.map((other) => other.publicKeyDer)];
    for (const der of rubbish) expect(() => suite.importPublicKey(der)).toThrow(expect.objectContaining({ code: 'SIGNATURE_INVALID' }));
    for (const other of others) {
      const text = Buffer.from('text');
      for (const candidate of SUITE_NAMES.filter((each) => each !== name)) {
        const foreign = signatureOrNone(() => suiteByName(candidate).sign(other.privateKey, text));
        expect(suite.isSignatureValid(other.publicKey, text, foreign)).toBe(false);
      }
    }
  });
});

it('a private key survives PKCS #8', () => {
  const { privateKey, publicKey } = generateP256();
  const again = createPrivateKey({ key: privateKey.export({ format: 'der', type: 'pkcs8' }), format: 'der', type: 'pkcs8' });
  expect(isP256SignatureValid(publicKey, Buffer.from('x'), signP256(again, Buffer.from('x')))).toBe(true);
});

describe('SM2', () => {
  it('has one signature of 64 bytes, also where s begins with a zero', () => {
    // Signed with a key made for this: one in 256 signatures is so.
    const publicKey = importSm2(Buffer.from('3059301306072a8648ce3d020106082a811ccf5501822d034200040ec02653985351ad4d43dffc50e694ad0822ef4cf081a95ead34fccd2ed0b4c215be4902a756c161c565610340c724ce7d80d934932a002d559fec05633ea09c', 'hex'));
    const signature = Buffer.from('348c6d349a713b97dcf651ff79f3258049ef47cec58d497df7d32e68926995d8004b0c91a4c0e29982f21b8c66d71345b2da28c4e11415476f1425bf02ff6a0a', 'hex');
    const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
    const text = Buffer.from('text');
    expect(isSm2SignatureValid(publicKey, text, signature)).toBe(true);
    for (const other of [Buffer.concat([r, s.subarray(1)]), Buffer.concat([r, Buffer.of(0), s]), Buffer.concat([Buffer.of(0), signature]), Buffer.concat([signature, Buffer.of(0)])]) {
      expect(isSm2SignatureValid(publicKey, text, other)).toBe(false);
    }
  });
});
