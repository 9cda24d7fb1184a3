import { toHex } from '@selvedge/crypto';
import { SelvedgeError, withRole } from '@selvedge/errors';
import { encodeMessage, LIMITS, parseMessage, ReleasedResultSchema, RequestKind, ResultAskedSchema } from '@selvedge/protocol';
import { openEvaluateAnswer } from './domain/answer.js';
import { openSealedResult, parseResultHandle, type SealedResult } from './domain/result-handle.js';
import { callOf, executeOnOneNode } from './execution.js';
import { repeatUntil } from './repeat.js';
import { createRequests } from './requests.js';
import type { Session } from './session.js';

/**
 * Has a compute node release the result of a committed gated function, and opens it. Statements of the commit gather within a
 * moment: until then it asks again. Throws RESULT_UNRELEASED, whose cause says why; MALFORMED_MESSAGE for what is no handle.
 *
 * @param handle ResultHandle bytes, of a request by this session's identity
 */
export async function fetchGatedResult(session: Session, handle: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
  const sealed = parseResultHandle(handle);
  try {
    return openSealedResult(sealed, await fetchResultKey(session, sealed, signal));
  } catch (error) {
    const cause = withRole(error, 'client');
    const txId = toHex(sealed.core.txId);
    throw new SelvedgeError('RESULT_UNRELEASED', `the result of transaction ${txId} is not released: ${cause.code}: ${cause.message}`, { role: 'client', cause, details: { txId } });
  }
}

function fetchResultKey(session: Session, { handle, contract }: SealedResult, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const args = [encodeMessage(ResultAskedSchema, { core: handle.core, nonce: handle.nonce })];
  const requests = createRequests(session, contract, { args, transient: {} });
  const ask = async (): Promise<Uint8Array> => {
    const { response } = await requests.withFreshEvidence(RequestKind.RELEASE_RESULT, (request) => executeOnOneNode(session, callOf(request, openEvaluateAnswer), signal));
    return parseMessage(ReleasedResultSchema, response.payload, LIMITS.maxHeaderBytes).resultKey;
  };
  return repeatUntil(ask, { timeoutMs: session.limits.releaseTimeoutMs, isWorthRepeat: (code) => code === 'RESULT_NOT_COMMITTED', signal: signal ?? session.closing });
}
