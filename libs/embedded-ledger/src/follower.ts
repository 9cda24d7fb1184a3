import type { Profile } from '@selvedge/policy';
import { BlockApplication } from './block-application.js';
import { createFollower, type Follower, type FollowOptions } from './follow.js';
import type { AppliedBlock, ApplyHook, BlockSource, Checkpoint } from './ports.js';

export interface FollowerOptions extends FollowOptions<AppliedBlock> {
  /** Trust anchor: block 0 must set exactly this profile. */
  readonly profile: Profile;
  /** The sequencer's log. */
  readonly blocks: BlockSource;
  /** Prefix of the checkpoint names: endorser, business. */
  readonly role: string;
  readonly checkpoint?: Checkpoint | undefined;
  readonly onApply?: ApplyHook | undefined;
}

/**
 * Opens a follower of the embedded ledger; nothing is fetched before start(). Throws PROFILE_MISMATCH when the store was
 * begun under another trust anchor, LEDGER_CORRUPT.
 */
export function openFollower(options: FollowerOptions): Follower {
  return createFollower(new BlockApplication({ ...options, anchor: options.profile }), options.blocks, options);
}
