import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { SelvedgeError, withRole } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import type { FollowerPort } from './ports.js';
import { verifyFollowerAnswer, type FollowerStatement } from './statement.js';

/** Why a follower's answer does not count. */
export interface FollowerRefusal {
  readonly mspId: string;
  readonly address: string;
  readonly error: SelvedgeError;
}

export interface PollResult {
  readonly statements: readonly FollowerStatement[];
  readonly refusals: readonly FollowerRefusal[];
}

/** Asks all followers at once under one fresh nonce; an answer that fails or comes too late becomes a refusal. */
export async function pollFollowers(input: {
  readonly followers: readonly FollowerPort[];
  readonly profile: Profile;
  readonly knownPolicyRoot: Uint8Array;
  /** First block whose changes are asked for; undefined: none. */
  readonly changesFrom: bigint | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}): Promise<PollResult> {
  const nonce = randomBytes(32);
  const request = { nonce, knownPolicyRoot: input.knownPolicyRoot, ...(input.changesFrom === undefined ? {} : { changesFrom: input.changesFrom }) };
  // A timer of our own: AbortSignal.any holds its sources weakly, so a timeout signal can vanish before it fires.
  const ending = new AbortController();
  const { signal } = ending;
  const end = (): void => {
    ending.abort();
  };
  const timer = setTimeout(end, input.timeoutMs);
  if (input.signal.aborted) end();
  input.signal.addEventListener('abort', end, { once: true });
  // Two listeners for each follower: more than Node takes for a leak.
  setMaxListeners(0, signal);
  const statements: FollowerStatement[] = [];
  const refusals: FollowerRefusal[] = [];
  await Promise.all(
    input.followers.map(async (follower) => {
      try {
        const answer = await orAborted(follower.getLedgerView(request, signal), signal);
        statements.push(verifyFollowerAnswer({ answer, follower, nonce, profile: input.profile }));
      } catch (error) {
        refusals.push({ mspId: follower.mspId, address: follower.address, error: withRole(error, 'ledger') });
      }
    }),
  );
  clearTimeout(timer);
  input.signal.removeEventListener('abort', end);
  return { statements, refusals };
}

/** A port that ignores its signal must not hold up the poll. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(new SelvedgeError('TIMEOUT', 'the follower did not answer in time'));
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort);
    });
  });
}
