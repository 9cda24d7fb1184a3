import { gcm } from '@noble/ciphers/aes.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../bytes.js';
import { SUITE_NAMES } from '../suite.js';
import { suiteByName } from './index.js';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const nonce = fc.uint8Array({ minLength: 12, maxLength: 12 });
const aad = fc.uint8Array({ maxLength: 100 });
const plaintext = fc.uint8Array({ maxLength: 1000 });

describe.each(SUITE_NAMES)('the cipher of %s', (name) => {
  const suite = suiteByName(name);

  it.skipIf(name === 'SM2-SM4GCM-SM3')('agrees with another implementation of AES-256-GCM', () => {
    fc.assert(
      fc.property(key, nonce, aad, plaintext, (k, n, a, p) => {
        const ours = suite.aeadSeal(k, n, a, p);
        expect(toHex(ours)).toBe(toHex(gcm(k, n, a).encrypt(p)));
        expect(toHex(suite.aeadOpen(k, n, a, ours))).toBe(toHex(p));
      }),
      { numRuns: 60 },
    );
  });

  it('refuses any changed byte, truncation or extension, always alike', () => {
    fc.assert(
      fc.property(key, nonce, aad, plaintext, fc.nat(), fc.integer({ min: 1, max: 255 }), (k, n, a, p, at, mask) => {
        const sealed = Buffer.from(suite.aeadSeal(k, n, a, p));
        const changed = Buffer.from(sealed);
        changed[at % changed.length] = (changed[at % changed.length] as number) ^ mask;
        for (const bad of [changed, sealed.subarray(0, at % sealed.length), Buffer.concat([sealed, Buffer.of(mask)])]) {
          expect(() => suite.aeadOpen(k, n, a, bad)).toThrow(expect.objectContaining({ code: 'DECRYPT_FAILED', message: 'decryption failed' }));
        }
        expect(() => suite.aeadOpen(k, n, Buffer.concat([a, Buffer.of(0)]), sealed)).toThrow(expect.objectContaining({ code: 'DECRYPT_FAILED' }));
      }),
      { numRuns: 60 },
    );
  });
});

it('an unknown suite is refused, names of Object’s own properties too', () => {
  for (const name of ['', 'toString', '__proto__', 'constructor', 'SM2-SM4GCM-SHA256']) {
    expect(() => suiteByName(name)).toThrow(expect.objectContaining({ code: 'UNKNOWN_SUITE' }));
  }
});
