import type { FactReader, Profile } from '@selvedge/policy';
import type { LedgerViewAnswer } from '@selvedge/protocol';

/** One follower of the ledger (an endorser or a business node), as it is reached. The role makes the adapter. */
export interface FollowerPort {
  /** The organisation that the follower is said to belong to; its statements must prove it. */
  readonly mspId: string;
  readonly address: string;
  /** Rejects when the follower cannot be reached. */
  getLedgerView(request: { nonce: Uint8Array; knownPolicyRoot: Uint8Array; changesFrom?: bigint }, signal: AbortSignal): Promise<LedgerViewAnswer>;
}

/** An immutable view of the ledger that a quorum of organisations signed. */
export interface LedgerView extends FactReader {
  /** Number of blocks that at least a quorum of organisations has. */
  readonly height: bigint;
  /** 32 bytes; protocol.policyRoot over the facts. */
  readonly policyRoot: Uint8Array;
  /** The network profile that stood on the ledger at this view, with the revocation lists that stood beside it. */
  readonly profile: Profile;
  /** Keys of the facts that begin with the prefix, sorted. */
  keys(prefix: string): readonly string[];
  /** MSP ids, sorted, of the organisations that signed this policy at this height or above. */
  readonly supporters: readonly string[];
  /** Milliseconds since the poll that gave this view, or last confirmed it, was sent. */
  ageMs(): number;
}

/** How an accepted view has moved on. */
export interface LedgerAdvance {
  /** Height of the view before; 0 at the first. */
  readonly from: bigint;
  readonly to: bigint;
  /** Change marks, hexadecimal, of each block from `from` to below `to`; undefined: anything may have changed. */
  readonly changes: readonly (readonly string[])[] | undefined;
}

/** Follows the ledger by polling its followers. */
export interface LedgerViewTracker {
  /**
   * Polls until a first quorum answered under a fresh nonce, then keeps polling.
   * Rejects with CANCELLED when the tracker is closed before.
   */
  start(): Promise<void>;
  /** The newest accepted view. Throws VIEW_QUORUM_UNREACHABLE before the first, VIEW_BEHIND when it is too old. */
  current(): LedgerView;
  /**
   * Polls once more, under a nonce that is made after this call.
   * Throws VIEW_QUORUM_UNREACHABLE, VIEW_BEHIND or VIEW_ROLLED_BACK; the view accepted before stays.
   */
  refresh(): Promise<LedgerView>;
  close(): void;
}

export interface LedgerViewTrackerOptions {
  /** The trust anchor: the signed profile of the node's own configuration. */
  readonly profile: Profile;
  /** Asked at every poll, so followers can come and go. */
  readonly followers: () => readonly FollowerPort[];
  /** At least so many organisations; the current profile's own view quorum holds anyway. */
  readonly quorum?: number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** After a poll that found the ledger moved on, gave no view, or went without a follower’s answer. Default 300. */
  readonly pollIntervalMs?: number;
  /** While polls find the ledger at rest, pauses grow by half each time, up to this. Default 900, or pollIntervalMs if that is longer. */
  readonly restIntervalMs?: number;
  /** A view older than this is refused. Default 10,000. */
  readonly maxAgeMs?: number;
  /** A follower that has not answered by then is left out of that poll. Default 1,000. */
  readonly answerTimeoutMs?: number;
  /** Called when the policy root of the accepted view changed, the first view included. */
  readonly onPolicyChange?: (view: LedgerView) => void;
  /** Called when the height of the accepted view changed, just before that view is the current one, the first view included. Without it, changes are not asked for. */
  readonly onAdvance?: (advance: LedgerAdvance) => void;
  /** Called with organisations whose word on what blocks changed is not that of a quorum. */
  readonly onDiffering?: (mspIds: readonly string[]) => void;
  /** Called for each poll that gave no view. */
  readonly onFailure?: (error: unknown) => void;
}
