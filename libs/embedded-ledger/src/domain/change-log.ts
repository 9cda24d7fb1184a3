import { CHANGE_MARK_BYTES, encodeChangeMarks, entryMark, keyPolicyMark, LIMITS } from '@selvedge/protocol';
import type { StateUpdates } from './verdict.js';

/** What the newest blocks changed, in memory: a follower that starts knows of none. */
export interface ChangeLog {
  /** A block's change marks, in any order. Blocks come in the ledger's order. */
  add(block: bigint, marks: readonly Uint8Array[]): void;
  /** Of the blocks from a number to below a height, the newest ones without a gap that a statement may tell; see LedgerViewStatement.changes. */
  since(from: bigint, height: bigint): Uint8Array[];
}

/** Creates an empty log. */
export function createChangeLog(): ChangeLog {
  const byBlock = new Map<bigint, Uint8Array>();
  return {
    add(block, marks) {
      byBlock.set(block, encodeChangeMarks(marks));
      byBlock.delete(block - BigInt(LIMITS.maxChangedBlocks));
    },
    since(from, height) {
      const changes: Uint8Array[] = [];
      let bytes = 0;
      for (let block = height - 1n; block >= from; block -= 1n) {
        const marks = byBlock.get(block);
        bytes += marks?.length ?? 0;
        if (marks === undefined || bytes > LIMITS.maxChangeMarks * CHANGE_MARK_BYTES) break;
        changes.unshift(marks);
      }
      return changes;
    },
  };
}

/** Marks of the entries and key policies that one transaction changed. */
export function marksOfUpdates({ versions, keyPolicies }: Pick<StateUpdates, 'versions' | 'keyPolicies'>): Uint8Array[] {
  return [
    ...versions.map(({ contract, ownerSet, ledgerKey }) => entryMark(contract, ownerSet, ledgerKey)),
    ...keyPolicies.map(({ contract, ownerSet, ledgerKey }) => keyPolicyMark(contract, ownerSet, ledgerKey)),
  ];
}
