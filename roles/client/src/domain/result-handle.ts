import { SelvedgeError } from '@selvedge/errors';
import { encodeMessage, LIMITS, parseCore, parseMessage, ResponseSchema, ResultHandleSchema, targetDigest, type Core, type ResultHandle } from '@selvedge/protocol';
import { openGatedResult } from '@selvedge/sealed-objects';

const NO_MASK = new Uint8Array(0);

/** A gated result that is not opened yet, and of which core it is. */
export interface SealedResult {
  readonly handle: ResultHandle;
  readonly core: Core;
  /** The contract that was invoked. */
  readonly contract: string;
}

/** Parses what an application has kept. Throws MALFORMED_MESSAGE, MESSAGE_TOO_LARGE, LIMIT_EXCEEDED or UNSUPPORTED_VERSION. */
export function parseResultHandle(bytes: Uint8Array): SealedResult {
  const handle = parseMessage(ResultHandleSchema, bytes, LIMITS.maxMessageBytes);
  const core = parseCore(handle.core);
  const [invoked] = core.sections;
  if (!core.gated || invoked === undefined) throw new SelvedgeError('MALFORMED_MESSAGE', 'result handle: its core is not gated', { role: 'client' });
  return { handle, core, contract: invoked.contract };
}

/** ResultHandle bytes. @param core Core bytes */
export function encodeResultHandle(core: Uint8Array, nonce: Uint8Array, gatedResult: Uint8Array): Uint8Array {
  return encodeMessage(ResultHandleSchema, { core, nonce, gatedResult });
}

/** What the function returned. Throws DECRYPT_FAILED, RESPONSE_DIGEST_MISMATCH, MALFORMED_MESSAGE. */
export function openSealedResult({ handle, core }: SealedResult, resultKey: Uint8Array): Uint8Array {
  const response = openGatedResult({ core, coreDigest: targetDigest([handle.core], NO_MASK), resultKey, box: handle.gatedResult });
  return parseMessage(ResponseSchema, response, LIMITS.maxMessageBytes).payload;
}
