import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { withRevocationLists } from '@selvedge/policy';
import { acceptAgreement, type AcceptedState } from './accept.js';
import { agreeChanges } from './changes.js';
import { pollFollowers, type FollowerRefusal, type PollResult } from './poll.js';
import type { LedgerView, LedgerViewTracker, LedgerViewTrackerOptions } from './ports.js';
import { findAgreement, type Agreement } from './quorum.js';
import { excludeRolledBack } from './rollback.js';

const NO_ROOT = new Uint8Array(0);
/** Of pauses between polls while the ledger rests. */
const PAUSE_GROWTH = 1.5;

/** Follows the ledger through a quorum of organisations; see LedgerViewTracker. */
export function createLedgerViewTracker(options: LedgerViewTrackerOptions): LedgerViewTracker {
  const { clock, pollIntervalMs = 300, restIntervalMs = Math.max(900, pollIntervalMs), maxAgeMs = 10_000, answerTimeoutMs = 1_000 } = options;
  const closing = new AbortController();
  const isClosed = (): boolean => closing.signal.aborted;
  const heights = new Map<string, bigint>();
  let accepted: { readonly state: AcceptedState; readonly view: LedgerView } | undefined;
  let running: Promise<LedgerView> | undefined;
  let queued: Promise<LedgerView> | undefined;
  let wake: (() => void) | undefined;
  /** In the last poll. One that waited for a silent follower in vain has taken its time already. */
  let isEveryoneHeard = false;

  const poll = async (): Promise<LedgerView> => {
    const sentAt = clock();
    const previous = accepted?.state;
    // With the revocation lists of that view: a revoked follower is not heard.
    const profile = accepted?.view.profile ?? options.profile;
    const answers = await pollFollowers({
      followers: options.followers(),
      profile,
      knownPolicyRoot: previous?.policyRoot ?? NO_ROOT,
      changesFrom: options.onAdvance === undefined ? undefined : previous?.height,
      timeoutMs: answerTimeoutMs,
      signal: closing.signal,
    });
    const quorum = Math.max(1, profile.message.viewQuorum, options.quorum ?? 0);
    const counted = excludeRolledBack(answers, heights);
    isEveryoneHeard = answers.refusals.length === 0;
    const agreement = agreementOrRefuse(counted, quorum);
    const state = acceptAgreement(agreement, previous, options.profile);
    const view = createView(state, () => clock() - sentAt);
    advance(counted, previous, state, quorum);
    accepted = { state, view };
    if (previous === undefined || !equalBytes(previous.policyRoot, state.policyRoot)) options.onPolicyChange?.(view);
    return view;
  };

  /** In one synchronous stretch with the view that it leads to. */
  const advance = ({ statements }: PollResult, previous: AcceptedState | undefined, { height: to, policyRoot }: AcceptedState, quorum: number): void => {
    const from = previous?.height;
    if (options.onAdvance === undefined || from === to) return;
    if (from === undefined) {
      options.onAdvance({ from: 0n, to, changes: undefined });
      return;
    }
    const { blocks, differing } = agreeChanges(statements, { from, to, quorum, policyRoot });
    options.onAdvance({ from, to, changes: blocks });
    if (differing.length > 0) options.onDiffering?.(differing);
  };

  // One poll at a time; callers that come while one runs share the next one, whose nonce is made after they asked.
  const refresh = (): Promise<LedgerView> => {
    if (running === undefined) {
      running = poll().finally(() => {
        running = undefined;
      });
      return running;
    }
    queued ??= running
      .catch(() => undefined)
      .then(() => {
        queued = undefined;
        return refresh();
      });
    return queued;
  };

  const isRefreshed = async (): Promise<boolean> => {
    try {
      await refresh();
      return true;
    } catch (error) {
      if (!isClosed()) options.onFailure?.(error);
      return false;
    }
  };

  const pause = (pauseMs: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, pauseMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const keepPolling = async (): Promise<void> => {
    let pauseMs = pollIntervalMs;
    for (;;) {
      const height = accepted?.state.height;
      await pause(pauseMs);
      if (isClosed()) return;
      const isAtRest = (await isRefreshed()) && isEveryoneHeard && accepted?.state.height === height;
      pauseMs = isAtRest ? Math.min(pauseMs * PAUSE_GROWTH, restIntervalMs) : pollIntervalMs;
    }
  };

  return {
    async start() {
      while (!isClosed()) {
        if (await isRefreshed()) {
          void keepPolling();
          return;
        }
        await pause(pollIntervalMs);
      }
      throw new SelvedgeError('CANCELLED', 'the ledger view was closed');
    },
    current() {
      if (accepted === undefined) throw new SelvedgeError('VIEW_QUORUM_UNREACHABLE', 'no quorum of organisations has answered yet');
      const ageMs = accepted.view.ageMs();
      if (ageMs > maxAgeMs) throw new SelvedgeError('VIEW_BEHIND', `the ledger view is ${String(Math.round(ageMs))} ms old, at most ${String(maxAgeMs)} allowed`);
      return accepted.view;
    },
    refresh,
    close() {
      closing.abort();
      wake?.();
    },
  };
}

function createView({ height, policyRoot, supporters, profile, facts }: AcceptedState, ageMs: () => number): LedgerView {
  const fact = (key: string): Uint8Array | undefined => facts.get(key);
  return {
    height,
    policyRoot,
    supporters,
    profile: withRevocationLists(profile, { fact }),
    ageMs,
    fact,
    keys: (prefix) => [...facts.keys()].filter((key) => key.startsWith(prefix)).sort(),
  };
}

function agreementOrRefuse({ statements, refusals }: PollResult, quorum: number): Agreement {
  try {
    return findAgreement(statements, quorum);
  } catch (error) {
    const rolledBack = refusals.find((refusal) => refusal.error.code === 'VIEW_ROLLED_BACK');
    if (rolledBack !== undefined) throw rolledBack.error;
    if (!(error instanceof SelvedgeError) || refusals.length === 0) throw error;
    throw new SelvedgeError(error.code, `${error.message}; ${refusals.map(describe).join('; ')}`);
  }
}

function describe({ mspId, address, error }: FollowerRefusal): string {
  return `${mspId} at ${address}: ${error.code}`;
}
