import { hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from './bytes.js';
import { createHkdf } from './hkdf.js';

const { extract, expand } = createHkdf('sha256');
const bytes = (from: number, to: number): Uint8Array => Uint8Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('HKDF', () => {
  it.each([
    ['A.1', fromHex('0b'.repeat(22)), bytes(0x00, 0x0c), bytes(0xf0, 0xf9), 42, '077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5', '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865'],
    ['A.2', bytes(0x00, 0x4f), bytes(0x60, 0xaf), bytes(0xb0, 0xff), 82, '06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244', 'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87'],
    ['A.3', fromHex('0b'.repeat(22)), new Uint8Array(0), new Uint8Array(0), 42, '19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04', '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8'],
  ])('gives what RFC 5869 appendix %s says', (_name, keyMaterial, salt, info, lengthBytes, prk, okm) => {
    const pseudorandomKey = extract(salt, keyMaterial);
    expect(toHex(pseudorandomKey)).toBe(prk);
    expect(toHex(expand(pseudorandomKey, info, lengthBytes))).toBe(okm);
  });

  it.each(['sha256', 'sm3'] as const)('gives what OpenSSL gives, over %s', (hash) => {
    const hkdf = createHkdf(hash);
    const input = fc.uint8Array({ maxLength: 100 });
    fc.assert(
      fc.property(input, input, input, fc.integer({ min: 0, max: 255 * 32 }), (salt, keyMaterial, info, lengthBytes) => {
        expect(toHex(hkdf.expand(hkdf.extract(salt, keyMaterial), info, lengthBytes))).toBe(toHex(new Uint8Array(hkdfSync(hash, keyMaterial, salt, info, lengthBytes))));
      }),
    );
  });

  it('gives memory of its own', () => {
    for (const lengthBytes of [0, 16, 32, 64]) expect(expand(new Uint8Array(32), new Uint8Array(0), lengthBytes).buffer.byteLength).toBe(lengthBytes);
  });

  it('refuses lengths that there are not', () => {
    expect(expand(extract(new Uint8Array(0), new Uint8Array(32)), new Uint8Array(0), 255 * 32)).toHaveLength(8_160);
    for (const bad of [255 * 32 + 1, -1, 1.5, Number.NaN]) expect(() => expand(new Uint8Array(32), new Uint8Array(0), bad)).toThrow(RangeError);
  });
});
