import { lengthPrefixed, suiteByName } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { CoreSchema, encodeMessage, GatedResultSchema, LIMITS, parseMessage, targetDigest, type Core, type GatedResult } from '@selvedge/protocol';
import { padmeLength } from './padme.js';
import { isSameSecret, KEY_BYTES, requireKey } from './keys.js';
import { SINGLE_USE_NONCE } from './single-use.js';

const EMPTY = new Uint8Array(0);

/** A key of one core's gated result: what is released when that core is committed, and nothing else of the gate key. 32 bytes. */
export function resultKey(suite: string, gateKey: Uint8Array, coreDigest: Uint8Array): Uint8Array {
  requireKey('gate key', gateKey);
  return suiteByName(suite).deriveKey(gateKey, 'gated result key', [coreDigest]);
}

/**
 * Key of the digest that a gated core has of its response. Nobody without the gate key can guess a response from the digest,
 * its own client included; and it follows from what was read, written and answered, so that equal answers of different
 * executions have different digests, and whoever learns the key of one learns nothing of another's answer.
 *
 * @param blankCore the core without what depends on the answer, see blankCore
 * @returns 32 bytes: equal at every replica
 */
export function gatedDigestKey(suite: string, gateKey: Uint8Array, blankCore: Uint8Array, response: Uint8Array): Uint8Array {
  requireKey('gate key', gateKey);
  const { deriveKey, labelledHmac } = suiteByName(suite);
  return labelledHmac(deriveKey(gateKey, 'gated digest key', [targetDigest([blankCore], EMPTY)]), 'gated digest key', response);
}

/** What a gated core has as its response digest. 32 bytes. */
export function gatedResponseDigest(suite: string, digestKey: Uint8Array, response: Uint8Array): Uint8Array {
  requireKey('digest key', digestKey);
  return suiteByName(suite).labelledHmac(digestKey, 'gated response digest', response);
}

/** A core without what depends on its answer: Core bytes. */
export function blankCore(core: Core): Uint8Array {
  return encodeMessage(CoreSchema, { ...core, responseDigest: EMPTY, eventDigest: EMPTY, sections: core.sections.map((section) => ({ ...section, sealedEventHash: EMPTY })) });
}

/**
 * Seals a gated result for whoever gets the result key of its core. The core holds a digest of the response, so one key seals
 * one content, and replicas make the same box.
 *
 * @param coreDigest targetDigest of the core alone
 */
export function sealGatedResult(input: { readonly suite: string; readonly gateKey: Uint8Array; readonly coreDigest: Uint8Array; readonly digestKey: Uint8Array; readonly response: Uint8Array }): Uint8Array {
  const { suite, gateKey, coreDigest, digestKey, response } = input;
  const value = encodeMessage(GatedResultSchema, { digestKey, response });
  return suiteByName(suite).aeadSeal(resultKey(suite, gateKey, coreDigest), SINGLE_USE_NONCE, gatedAad(coreDigest), pad(value));
}

/**
 * Opens a gated result with the key that was released: Response bytes. Throws DECRYPT_FAILED, RESPONSE_DIGEST_MISMATCH when
 * it is not the answer that the core names, MALFORMED_MESSAGE.
 */
export function openGatedResult(input: { readonly core: Core; readonly coreDigest: Uint8Array; readonly resultKey: Uint8Array; readonly box: Uint8Array }): Uint8Array {
  const { core, coreDigest, box } = input;
  if (input.resultKey.length !== KEY_BYTES) throw new SelvedgeError('DECRYPT_FAILED', 'decryption failed');
  const { digestKey, response } = parseGatedResult(unpad(suiteByName(core.suite).aeadOpen(input.resultKey, SINGLE_USE_NONCE, gatedAad(coreDigest), box)));
  if (!isSameSecret(gatedResponseDigest(core.suite, digestKey, response), core.responseDigest)) throw new SelvedgeError('RESPONSE_DIGEST_MISMATCH', 'the result is not the one that its core names');
  return response;
}

function parseGatedResult(bytes: Uint8Array): GatedResult {
  const result = parseMessage(GatedResultSchema, bytes, LIMITS.maxMessageBytes);
  if (result.digestKey.length !== KEY_BYTES) throw new SelvedgeError('MALFORMED_MESSAGE', 'gated result: digest key');
  return result;
}

/** Results of up to about this size, such as a winner's name, do not differ in length. */
const LEAST_BYTES = 1_024;
const LENGTH_BYTES = 4;

function pad(value: Uint8Array): Uint8Array {
  const out = Buffer.alloc(Math.max(LEAST_BYTES, padmeLength(LENGTH_BYTES + value.length)));
  out.writeUInt32BE(value.length, 0);
  out.set(value, LENGTH_BYTES);
  return out;
}

/** Of authenticated bytes. Throws DECRYPT_FAILED. */
function unpad(bytes: Uint8Array): Uint8Array {
  const end = bytes.length < LENGTH_BYTES ? Infinity : LENGTH_BYTES + Buffer.from(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).readUInt32BE();
  if (end > bytes.length) throw new SelvedgeError('DECRYPT_FAILED', 'decryption failed');
  return bytes.subarray(LENGTH_BYTES, end);
}

function gatedAad(coreDigest: Uint8Array): Uint8Array {
  return lengthPrefixed(['selvedge/v1/gated-result', coreDigest]);
}
