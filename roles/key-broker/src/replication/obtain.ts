import { isSelvedgeError, type RefusalCode } from '@selvedge/errors';
import type { ChallengeAnswer, RootRequest, RootShare } from '@selvedge/protocol';
import type { LedgerPort } from '../ports.js';
import { createRootRequest, type RootRequestInput } from './request.js';
import { openRootShare, type ReceivedRoot } from './share.js';

/** Another replica of this broker, as it is reached. Its address is a hint and never trusted. */
export interface ReplicaPort {
  readonly address: string;
  challenge(signal: AbortSignal): Promise<ChallengeAnswer>;
  shareRoot(request: RootRequest, signal: AbortSignal): Promise<RootShare>;
}

export interface ObtainRootInput extends Omit<RootRequestInput, 'challenge'> {
  readonly ledger: LedgerPort;
  readonly now: () => Date;
}

/** One exchange with one replica. Rejects with what createRootRequest and openRootShare throw, what the replica refuses with, VIEW_*. */
export async function obtainRoot(replica: ReplicaPort, input: ObtainRootInput, signal: AbortSignal): Promise<ReceivedRoot> {
  const { profile, ledger, now } = input;
  const pending = await createRootRequest({ ...input, challenge: await replica.challenge(signal) });
  const share = await replica.shareRoot(pending.request, signal);
  return openRootShare({ share, pending, profile, ledger: await ledger.refresh(), at: now() });
}

export interface JoinOptions extends ObtainRootInput {
  readonly replicas: readonly ReplicaPort[];
  /** Whether this broker still lacks its root: organisations' shares may open its store meanwhile. */
  readonly isWanted: () => boolean;
  readonly use: (received: ReceivedRoot) => Promise<void>;
  readonly onFailure?: (address: string, code: RefusalCode) => void;
  /** Resolves after so many milliseconds, or at once when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** 0 to 1. */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Asks one replica after the other until one has handed the root over, with pauses that grow, and vary so that replicas do
 * not ask in step. Rejects with what use rejects with: a store that does not take the root of the ledger is for its
 * operator, and asking again would only hand the root over again.
 */
export async function joinReplicas(options: JoinOptions): Promise<void> {
  const { replicas, isWanted, use, onFailure, pause, random, signal } = options;
  const isOver = (): boolean => signal.aborted || !isWanted();
  for (let pauseMs = FIRST_PAUSE_MS; !isOver(); pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
    for (const replica of replicas) {
      if (isOver()) return;
      const received = await obtainRoot(replica, options, signal).catch((error: unknown) => {
        onFailure?.(replica.address, codeOf(error));
        return undefined;
      });
      if (received !== undefined) return use(received);
    }
    await pause(pauseMs * (0.5 + random() / 2), signal);
  }
}

function codeOf(error: unknown): RefusalCode {
  return isSelvedgeError(error) ? error.code : 'INTERNAL';
}
