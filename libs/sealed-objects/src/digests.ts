import { suiteByName } from '@selvedge/crypto';
import { requireKey } from './keys.js';

/**
 * Digests in the core. They are HMACs under keys derived from the transaction key, so that nobody without it can
 * guess a request, response or event from its digest.
 */
function keyedDigest(suite: string, transactionKey: Uint8Array, purpose: 'request' | 'response' | 'event', bytes: Uint8Array): Uint8Array {
  requireKey('transaction key', transactionKey);
  const { deriveKey, labelledHmac } = suiteByName(suite);
  return labelledHmac(deriveKey(transactionKey, `${purpose} digest key`, []), `${purpose} digest`, bytes);
}

/** Digest of SignedRequest bytes. 32 bytes. */
export function requestDigest(suite: string, transactionKey: Uint8Array, signedRequest: Uint8Array): Uint8Array {
  return keyedDigest(suite, transactionKey, 'request', signedRequest);
}

/** Digest of the response bytes that all replicas agree on. 32 bytes. */
export function responseDigest(suite: string, transactionKey: Uint8Array, response: Uint8Array): Uint8Array {
  return keyedDigest(suite, transactionKey, 'response', response);
}

/** Digest of ChaincodeEvent bytes. 32 bytes. */
export function eventDigest(suite: string, transactionKey: Uint8Array, event: Uint8Array): Uint8Array {
  return keyedDigest(suite, transactionKey, 'event', event);
}
