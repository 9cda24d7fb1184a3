import type { AppliedSummary, AppliedVersion } from '@selvedge/embedded-ledger';
import type { EntryUpdate, PrivateValue } from '@selvedge/fabric';

/** One transaction of a block with its verdict. */
export type FabricAppliedTransaction = AppliedSummary['transactions'][number] & {
  /** Fabric's transaction id, hexadecimal, whatever it named; undefined: it does not concern this network, or did not parse. */
  readonly fabricTxId: string | undefined;
  /** What it wrote in collections of ours; empty unless VALID. */
  readonly entries: readonly EntryUpdate[];
  /** The wanted private values that came with the block, not compared with the entries yet. */
  readonly privateValues: readonly PrivateValue[];
};

/** A private entry that peers have forgotten, as they do with the end of the same block. */
export interface FabricEndedEntry {
  readonly namespace: string;
  readonly collection: string;
  /** SHA-256 of the private key, 32 bytes. */
  readonly keyHash: Uint8Array;
  /** Which entry of a dataset it is; undefined: a guard, or one that no response named. */
  readonly entry: { readonly dataset: string; readonly ledgerKey: Uint8Array } | undefined;
}

/** A block and its verdicts, in order. */
export interface FabricAppliedBlock {
  readonly number: bigint;
  /** 32 bytes. */
  readonly hash: Uint8Array;
  readonly transactions: readonly FabricAppliedTransaction[];
  /** What ended with this block by its blockToLive: after all of its writes. */
  readonly ended: readonly FabricEndedEntry[];
  /** New versions of world state's keys, in order. */
  readonly versions: readonly AppliedVersion[];
}

/**
 * Called synchronously inside the block's write transaction. Puts and removes in databases of the same store are atomic
 * with the block. Must not throw for anything a peer can cause: a throw abandons the block.
 */
export type FabricApplyHook = (block: FabricAppliedBlock) => void;
