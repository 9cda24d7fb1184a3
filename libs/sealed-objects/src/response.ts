import { randomBytes } from 'node:crypto';
import { lengthPrefixed, suiteByName, type Suite } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { Direction } from '@selvedge/protocol';
import { KEY_BYTES, requireKey } from './keys.js';
import { SINGLE_USE_NONCE } from './single-use.js';

/** What both sides of one response know. */
export interface ResponseContext {
  /** Suite name of the request's header. */
  readonly suite: string;
  readonly transactionKey: Uint8Array;
  /** RequestHeader bytes of the request. */
  readonly headerBytes: Uint8Array;
  readonly nodeId: string;
  readonly requestDigest: Uint8Array;
  /** Digest of the core that comes with the response; empty when there is none (evaluate, refusal). */
  readonly coreDigest: Uint8Array;
}

export interface SealedResponseParts {
  /** 32 fresh random bytes. */
  readonly salt: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** Fresh random bytes in each key: replicas and re-executions never share a key and nonce. */
function responseKey(suite: Suite, context: ResponseContext, salt: Uint8Array): Uint8Array {
  requireKey('transaction key', context.transactionKey);
  return suite.deriveKey(context.transactionKey, 'response key', [context.nodeId, salt, context.requestDigest]);
}

/** Binds the direction beside all that the request's header binds, the answering node and the core. */
function responseAad(context: ResponseContext): Uint8Array {
  return lengthPrefixed(['selvedge/v1/response', Direction.RESPONSE, context.headerBytes, context.nodeId, context.coreDigest]);
}

/** Seals Response bytes for the holder of the transaction key. */
export function sealResponse(input: ResponseContext & { readonly responseBytes: Uint8Array }): SealedResponseParts {
  const salt = new Uint8Array(randomBytes(KEY_BYTES));
  const suite = suiteByName(input.suite);
  return { salt, ciphertext: suite.aeadSeal(responseKey(suite, input, salt), SINGLE_USE_NONCE, responseAad(input), input.responseBytes) };
}

/** Response bytes. Throws DECRYPT_FAILED whatever was changed: node id, core, header, salt or ciphertext. */
export function openResponse(input: ResponseContext & SealedResponseParts): Uint8Array {
  if (input.salt.length !== KEY_BYTES) throw new SelvedgeError('DECRYPT_FAILED', 'decryption failed');
  const suite = suiteByName(input.suite);
  return suite.aeadOpen(responseKey(suite, input, input.salt), SINGLE_USE_NONCE, responseAad(input), input.ciphertext);
}
