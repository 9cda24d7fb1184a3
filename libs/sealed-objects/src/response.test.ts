import { deriveKey, lengthPrefixed, SUITE_NAMES, suiteByName, toHex } from '@selvedge/crypto';
import { Direction } from '@selvedge/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openResponse, sealResponse, type ResponseContext } from './response.js';

const context: ResponseContext = {
  suite: SUITE_NAMES[0],
  transactionKey: new Uint8Array(32).fill(1),
  headerBytes: Buffer.from('header'),
  nodeId: 'compute1',
  requestDigest: new Uint8Array(32).fill(2),
  coreDigest: new Uint8Array(32).fill(3),
};
const responseBytes = Buffer.from('a response');
const failed: unknown = expect.objectContaining({ code: 'DECRYPT_FAILED', message: 'decryption failed' });

describe('sealed response', () => {
  it('opens to what was sealed, with and without a core', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.boolean(), fc.constantFrom(...SUITE_NAMES), (bytes, hasCore, suite) => {
        const both = { ...context, suite, coreDigest: hasCore ? context.coreDigest : new Uint8Array(0) };
        expect(toHex(openResponse({ ...both, ...sealResponse({ ...both, responseBytes: bytes }) }))).toBe(toHex(bytes));
      }),
      { numRuns: 50 },
    );
  });

  it('never uses a key twice: replicas and re-executions take fresh random bytes', () => {
    const sealed = Array.from({ length: 50 }, () => sealResponse({ ...context, responseBytes }));
    expect(new Set(sealed.map((one) => toHex(one.salt))).size).toBe(50);
    expect(new Set(sealed.map((one) => toHex(one.ciphertext))).size).toBe(50);
    expect(sealed.every((one) => one.salt.length === 32)).toBe(true);
  });

  it.each([
    ['transaction key', { transactionKey: new Uint8Array(32).fill(9) }],
    ['header', { headerBytes: Buffer.from('other') }],
    ['node', { nodeId: 'compute2' }],
    ['request digest', { requestDigest: new Uint8Array(32) }],
    ['core digest', { coreDigest: new Uint8Array(32) }],
    ['core digest, left out', { coreDigest: new Uint8Array(0) }],
    ['salt', { salt: new Uint8Array(32) }],
  ])('refuses another %s', (_, change) => {
    expect(() => openResponse({ ...context, ...sealResponse({ ...context, responseBytes }), ...change })).toThrow(failed);
  });

  it('refuses every flipped byte of the ciphertext', () => {
    const sealed = sealResponse({ ...context, responseBytes });
    for (let i = 0; i < sealed.ciphertext.length; i += 1) {
      const ciphertext = new Uint8Array(sealed.ciphertext);
      ciphertext[i] = (ciphertext[i] as number) ^ 0x80;
      expect(() => openResponse({ ...context, ...sealed, ciphertext })).toThrow(failed);
    }
  });

  /** Seals by the formulas, with salts of any length. */
  function sealByHand(salt: Uint8Array): { salt: Uint8Array; ciphertext: Uint8Array } {
    const key = deriveKey(context.transactionKey, 'response key', [context.nodeId, salt, context.requestDigest]);
    const aad = lengthPrefixed(['selvedge/v1/response', Direction.RESPONSE, context.headerBytes, context.nodeId, context.coreDigest]);
    return { salt, ciphertext: suiteByName(context.suite).aeadSeal(key, new Uint8Array(12), aad, responseBytes) };
  }

  it('follows the formulas', () => {
    expect(toHex(openResponse({ ...context, ...sealByHand(new Uint8Array(32)) }))).toBe(toHex(responseBytes));
  });

  it('refuses salts of another length', () => {
    for (const length of [0, 31, 33]) expect(() => openResponse({ ...context, ...sealByHand(new Uint8Array(length)) })).toThrow(failed);
  });

  it('refuses a transaction key of another length', () => {
    expect(() => sealResponse({ ...context, transactionKey: new Uint8Array(0), responseBytes })).toThrow(RangeError);
  });
});
