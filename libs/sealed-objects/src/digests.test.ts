import { SUITE_NAMES, toHex } from '@selvedge/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventDigest, requestDigest, responseDigest } from './digests.js';

const all = [requestDigest, responseDigest, eventDigest];

describe('digests under the transaction key', () => {
  it('depend on key, bytes and purpose', () => {
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(fc.constantFrom(...SUITE_NAMES), key, fc.uint8Array({ maxLength: 50 }), fc.nat(31), (suite, transactionKey, bytes, at) => {
        const otherKey = new Uint8Array(transactionKey);
        otherKey[at] = (otherKey[at] as number) ^ 1;
        const digests = all.flatMap((digest) => [digest(suite, transactionKey, bytes), digest(suite, otherKey, bytes), digest(suite, transactionKey, Buffer.concat([bytes, Buffer.of(0)]))]);
        expect(new Set(digests.map(toHex)).size).toBe(digests.length);
        expect(digests.every((digest) => digest.length === 32)).toBe(true);
        for (const digest of all) expect(toHex(digest(suite, transactionKey, bytes))).toBe(toHex(digest(suite, transactionKey, bytes)));
      }),
    );
  });

  it.each(all)('refuse a transaction key of another length', (digest) => {
    for (const length of [0, 31, 33]) expect(() => digest(SUITE_NAMES[0], new Uint8Array(length), new Uint8Array(1))).toThrow(RangeError);
  });
});
