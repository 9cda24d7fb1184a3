import { fromHex } from '@selvedge/crypto';
import { createFollower, type Checkpoint, type FollowOptions, type NotifiableFollower } from '@selvedge/embedded-ledger';
import { POLICY_CHAINCODE } from '@selvedge/fabric';
import type { Profile } from '@selvedge/policy';
import type { FabricAppliedBlock, FabricApplyHook } from './applied-block.js';
import type { FabricBlockSource } from './block-source.js';
import { FabricBlockApplication } from './fabric-block-application.js';
import type { FabricResult } from './fabric-tables.js';

export interface FabricFollowerOptions extends FollowOptions<FabricAppliedBlock> {
  /** Trust anchor: the first profile on the ledger must be exactly this one; its channel is the one that is followed. */
  readonly profile: Profile;
  readonly blocks: Pick<FabricBlockSource, 'follow'>;
  /** Default POLICY_CHAINCODE. */
  readonly policyChaincode?: string | undefined;
  /** Prefix of the checkpoint names: endorser, business. */
  readonly role: string;
  readonly checkpoint?: Checkpoint | undefined;
  /** Which private values onApply shall get; default: none. */
  readonly wantsPrivateData?: ((namespace: string, collection: string) => boolean) | undefined;
  readonly onApply?: FabricApplyHook | undefined;
}

/** Follows a Fabric channel through the organisation's own peer. */
export interface FabricFollower extends NotifiableFollower {
  /**
   * What Fabric said of one of its transactions that concern this network; undefined: not in a synced block yet. Those who
   * wait with waitUntil for a Selvedge transaction of the same id look again when it is there.
   * @param fabricTxId hexadecimal
   */
  fabricResult(fabricTxId: string): FabricResult | undefined;
}

/**
 * Opens a follower; nothing is fetched before start(). Its height is the channel's number of blocks, its block hash
 * Fabric's header hash. Throws PROFILE_MISMATCH when the store was begun under another trust anchor, LEDGER_CORRUPT.
 */
export function openFabricFollower(options: FabricFollowerOptions): FabricFollower {
  const { blocks, profile: anchor, policyChaincode = POLICY_CHAINCODE } = options;
  const application = new FabricBlockApplication({ ...options, anchor, policyChaincode });
  const fabricResult = (fabricTxId: string): FabricResult | undefined => {
    const result = application.tables.fabricResult(fabricTxId);
    // The store shows a block's results a moment before it says that they are synced.
    return result === undefined || result.blockNumber >= application.head.height ? undefined : result;
  };
  const onCommitted = (block: FabricAppliedBlock): void => {
    options.onCommitted?.(block);
    for (const { fabricTxId } of block.transactions) if (fabricTxId !== undefined && fabricResult(fabricTxId) !== undefined) follower.notifyResult(fromHex(fabricTxId));
  };
  const follower = createFollower(application, (from, signal) => blocks.follow(from, signal), { ...options, onCommitted });
  // Property by property would freeze the getters.
  return Object.assign(follower, { fabricResult });
}
