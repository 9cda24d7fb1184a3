import { randomBytes } from 'node:crypto';
import { SUITE_NAMES, toHex } from '@selvedge/crypto';
import { create } from '@bufbuild/protobuf';
import { CoreSchema, encodeMessage, targetDigest, type Core } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { blankCore, gatedDigestKey, gatedResponseDigest, openGatedResult, resultKey, sealGatedResult } from './gated.js';

const gateKey = new Uint8Array(randomBytes(32));
const answer = Buffer.from('the winner is 7');

/** A gated execution: its core, and the box beside it. */
function execute(suite: string, state: number, response: Uint8Array = answer): { core: Core; coreDigest: Uint8Array; box: Uint8Array } {
  const core = create(CoreSchema, { suite, txId: new Uint8Array(32).fill(1), gated: true, sections: [{ contract: 'auction', keyEpoch: 1n, reads: [{ ledgerKey: new Uint8Array(32), packetHash: new Uint8Array(32).fill(state) }] }] });
  const digestKey = gatedDigestKey(suite, gateKey, blankCore(core), response);
  core.responseDigest = gatedResponseDigest(suite, digestKey, response);
  const coreDigest = targetDigest([encodeMessage(CoreSchema, core)], new Uint8Array(0));
  return { core, coreDigest, box: sealGatedResult({ suite, gateKey, coreDigest, digestKey, response }) };
}

describe.each(SUITE_NAMES)('gated results in suite %s', (suite) => {
  it('are the same at every replica, and open with the key of their core', () => {
    const [one, other] = [execute(suite, 1), execute(suite, 1)];
    expect(toHex(one.box)).toBe(toHex(other.box));
    expect(toHex(openGatedResult({ ...one, resultKey: resultKey(suite, gateKey, one.coreDigest) }))).toBe(toHex(answer));
  });

  it('do not open with the key of another core, or as another core’s', () => {
    const [one, other] = [execute(suite, 1), execute(suite, 2)];
    const key = resultKey(suite, gateKey, one.coreDigest);
    expect(() => openGatedResult({ ...other, resultKey: key })).toThrow(expect.objectContaining({ code: 'DECRYPT_FAILED' }));
    expect(() => openGatedResult({ ...one, coreDigest: other.coreDigest, resultKey: key })).toThrow(expect.objectContaining({ code: 'DECRYPT_FAILED' }));
    expect(() => openGatedResult({ ...one, core: other.core, resultKey: key })).toThrow(expect.objectContaining({ code: 'RESPONSE_DIGEST_MISMATCH' }));
    for (const length of [0, 31, 33]) expect(() => openGatedResult({ ...one, resultKey: new Uint8Array(length) })).toThrow(expect.objectContaining({ code: 'DECRYPT_FAILED' }));
  });

  it('have digests that tell nothing of equal answers, on other state or beside another answer', () => {
    const digests = [execute(suite, 1), execute(suite, 2), execute(suite, 3)].map(({ core }) => toHex(core.responseDigest));
    expect(new Set(digests).size).toBe(3);
    const keys = ['a', 'b'].map((text) => toHex(gatedDigestKey(suite, gateKey, blankCore(execute(suite, 1).core), Buffer.from(text))));
    expect(new Set(keys).size).toBe(2);
  });

  it('do not show the length of a short answer, and of a long one the padded length', () => {
    const lengths = (of: readonly number[]): number => new Set(of.map((length) => execute(suite, 1, Buffer.alloc(length)).box.length)).size;
    expect(lengths([0, 1, 5, 50, 500, 900])).toBe(1);
    expect(lengths([5_000, 5_010])).toBe(1);
  });

  it('any changed byte of the box is refused', () => {
    const one = execute(suite, 1);
    const key = resultKey(suite, gateKey, one.coreDigest);
    for (let i = 0; i < one.box.length; i += 7) {
      const box = Uint8Array.from(one.box);
      box[i] = (box[i] ?? 0) ^ 1;
      expect(() => openGatedResult({ ...one, box, resultKey: key })).toThrow(expect.objectContaining({ code: 'DECRYPT_FAILED' }));
    }
    expect(() => openGatedResult({ ...one, box: new Uint8Array(0), resultKey: key })).toThrow();
  });
});
