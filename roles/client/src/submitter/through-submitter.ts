import { toHex } from '@selvedge/crypto';
import { SelvedgeError, withRole } from '@selvedge/errors';
import { isKeyChange } from '@selvedge/policy';
import { Ending, RequestKind, ValidationCode, type ItemAnswer, type ItemEnd, type SubmitterMessage } from '@selvedge/protocol';
import { awaitItems } from '../batching/await-items.js';
import { outcomeOf, outcomeOfVerdict, type ItemOutcome } from '../batching/batch-outcome.js';
import { verifyCommittedCore } from '../domain/commit-status.js';
import { openItemAnswer, type OpenedItem } from '../domain/item-answer.js';
import { outcomeOfEnd } from '../domain/item-end.js';
import type { ItemStatus } from '../domain/item-verdicts.js';
import { declaredOwners } from '../domain/requirements.js';
import type { BuiltRequest } from '../domain/request.js';
import type { SubmitterPort } from '../ports.js';
import type { Requests } from '../requests.js';
import { requirementsOf } from '../requirements-of.js';
import type { TransactionSession } from '../session.js';

/** How long after the owners' verdict the submitter's word is waited for, which of the items was stale. */
const END_GRACE_MS = 3_000;

/**
 * Hands one sealed request to a submitter, and tells what came of it. The submitter is relied on to be there and to group, for nothing
 * else: what it passes on is opened and checked here, and that it was committed is the word of the owners, who also say which
 * execution of the request it was. Throws what building the request throws.
 */
export async function submitThrough(session: TransactionSession, port: SubmitterPort, requests: Requests): Promise<ItemOutcome> {
  const request = await requests.get(RequestKind.SUBMIT);
  const txId = toHex(request.txId);
  const done = new AbortController();
  const patience = AbortSignal.timeout(session.limits.submitterTimeoutMs);
  const messages = port.submit(request.contract, request.sealed, { signal: AbortSignal.any([session.closing, done.signal]), txId })[Symbol.asyncIterator]();
  try {
    const first = await within(patience, messages.next());
    if (first.done === true || first.value.kind.case === undefined) return { kind: 'alone' };
    if (first.value.kind.case === 'ended') return outcomeOfEnd(first.value.kind.value, txId);
    return await followAnswer(session, request, { answer: first.value.kind.value, messages, done: done.signal });
  } catch (error) {
    return outcomeOfLoss(withRole(error, 'client'));
  } finally {
    done.abort();
  }
}

/** It was lost, or would not serve: the request goes by itself. That another answers in its place, or that it is full, is for the caller. */
function outcomeOfLoss(error: SelvedgeError): ItemOutcome {
  const isFinal = error.code === 'TLS_REFUSED' || error.code === 'OVERLOADED' || error.code === 'CANCELLED' || error.code === 'INTERNAL';
  return isFinal ? { kind: 'failed', error } : { kind: 'alone' };
}

interface Followed {
  readonly answer: ItemAnswer;
  readonly messages: AsyncIterator<SubmitterMessage>;
  /** Aborted when nothing more is of interest. */
  readonly done: AbortSignal;
}

async function followAnswer(session: TransactionSession, request: BuiltRequest, { answer, messages, done }: Followed): Promise<ItemOutcome> {
  let opened: OpenedItem;
  try {
    opened = openItemAnswer(request, answer, await session.trust.view(), session.clock());
  } catch (error) {
    return outcomeOfAnswer(request, answer, withRole(error, 'client'));
  }
  const requirements = await requirementsOf(session.trust, [opened.core], {});
  const owners = declaredOwners(requirements.targets);
  const carrierTxId = answer.carrierTxId.length === 0 ? undefined : answer.carrierTxId;
  const given = new AbortController();
  const verdict = awaitItems(session, { txIds: [request.txId], carrierTxId, owners, signal: AbortSignal.any([given.signal, done]) }).then(([status]) => status);
  const end = endIn(messages);
  // Nothing of it was ordered, by the submitter's word: under the same id it is committed once, whether that is true or not.
  const isAlone = end.then((told) => (told?.ending === Ending.ALONE ? undefined : verdict));
  const status = await Promise.race([verdict, isAlone]);
  if (status === undefined) {
    given.abort();
    return { kind: 'alone' };
  }
  // What this client asks for next is to see it.
  if ('status' in status) session.knownHeight.sawBlock(status.status.blockNumber);
  return outcomeOfStatus(status, opened, await endFor(status, end));
}

/** A refusal that only a TEE can have sealed is the request's own; anything else is the submitter's doing, or that of a host. */
function outcomeOfAnswer(request: BuiltRequest, { core }: ItemAnswer, error: SelvedgeError): ItemOutcome {
  const isSealedRefusal = core.length === 0 && error.code !== 'DECRYPT_FAILED' && error.role !== 'client';
  if (isSealedRefusal) return outcomeOf({ refusal: error });
  // This client's view and the node's keys are of different moments: by itself the request is tried until they are not.
  if (isKeyChange(error.code)) return { kind: 'alone' };
  const details = { ...error.details, txId: toHex(request.txId) };
  return { kind: 'failed', error: new SelvedgeError(error.code, error.message, { role: error.role, details, cause: error }) };
}

/**
 * A verdict that says duplicate came from a batch that held another's used-up id: what used an id up is what owners tell of
 * it. So nothing of this item is committed, and it is made again, as after any other conflict of its batch. Where the verdict is on the
 * carrier, the item's id is free; which transaction carried it, and which items were stale, is the submitter's word, on which no request ends.
 */
function outcomeOfStatus(status: ItemStatus, { response, coreBytes }: OpenedItem, end: ItemEnd | undefined): ItemOutcome {
  if (!('status' in status)) return { kind: 'failed', error: status.error };
  try {
    verifyCommittedCore(status.status, coreBytes, { mustBeTold: true });
  } catch (error) {
    return { kind: 'failed', error: withRole(error, 'client') };
  }
  if (!status.isOwn) return { kind: 'rejoin' };
  if (status.status.code === ValidationCode.DUPLICATE_TXID.valueOf()) return { kind: 'again' };
  return outcomeOfVerdict(status, { kind: 'done', result: response.payload }, { isStale: end?.ending !== Ending.OTHERS_STALE, core: coreBytes });
}

/** Which items were stale matters after a conflict only, by a verdict on the item's own id. */
async function endFor(status: ItemStatus, end: Promise<ItemEnd | undefined>): Promise<ItemEnd | undefined> {
  if (!('status' in status) || status.status.successful || !status.isOwn) return undefined;
  return within(AbortSignal.timeout(END_GRACE_MS), end).catch(() => undefined);
}

/** undefined: the submitter says nothing more, or was lost. */
async function endIn(messages: AsyncIterator<SubmitterMessage>): Promise<ItemEnd | undefined> {
  const next = await messages.next().catch(() => undefined);
  return next?.done === false && next.value.kind.case === 'ended' ? next.value.kind.value : undefined;
}

/** Rejects with TIMEOUT when the signal is aborted first. */
async function within<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  let onAbort = (): void => undefined;
  const late = new Promise<never>((_resolve, reject) => {
    onAbort = () => { reject(new SelvedgeError('TIMEOUT', 'the submitter did not answer in time', { role: 'client' })); };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
