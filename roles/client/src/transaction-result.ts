import { SelvedgeError } from '@selvedge/errors';
import type { TargetAnswer } from './domain/answer.js';
import type { BuiltRequest } from './domain/request.js';
import { encodeResultHandle } from './domain/result-handle.js';
import { fetchGatedResult } from './gated-results.js';
import type { Session } from './session.js';

/** What a transaction's function returned, which a gated function's client learns after the commit. */
export interface TransactionResult {
  /** Throws RESULT_GATED until it is released. */
  get(): Uint8Array;
  /** ResultHandle bytes of a gated function: with them its creator can fetch the result later. */
  readonly handle: Uint8Array | undefined;
  /** After the commit. Throws RESULT_UNRELEASED. */
  release(): Promise<Uint8Array>;
}

/** @param answer any replica's: they are equal */
export function createTransactionResult(session: Session, request: BuiltRequest, answer: TargetAnswer, signal: AbortSignal | undefined): TransactionResult {
  const [core] = answer.cores;
  const [coreBytes] = answer.targetData.cores;
  if (core?.gated !== true || coreBytes === undefined) {
    const result = answer.response.payload;
    return { get: () => result, handle: undefined, release: () => Promise.resolve(result) };
  }
  const handle = encodeResultHandle(coreBytes, request.nonce, answer.response.gatedResult);
  let released: Uint8Array | undefined;
  return {
    get() {
      if (released === undefined) throw new SelvedgeError('RESULT_GATED', 'the result is released after the commit: wait for it with awaitResult()', { role: 'client' });
      return released;
    },
    handle,
    release: async () => (released ??= await fetchGatedResult(session, handle, signal)),
  };
}
