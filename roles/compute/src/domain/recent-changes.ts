import type { LedgerAdvance } from '@selvedge/ledger-view';

/** What the newest blocks changed, for answers that come after the view has moved on. */
export interface RecentChanges {
  advance(advance: LedgerAdvance): void;
  /** Whether none of the marks changed in the blocks from a height up to the view's. false where that is not known. */
  areUnchangedSince(height: bigint, marks: readonly string[]): boolean;
}

/** How far a business node may be behind, and some more. */
const BLOCKS = 64;

export function createRecentChanges(): RecentChanges {
  /** Newest block that changed a mark. */
  const changedIn = new Map<string, bigint>();
  const blocks: { readonly block: bigint; readonly marks: readonly string[] }[] = [];
  /** First block of which the changes are known; undefined before the first view. */
  let knownFrom: bigint | undefined;

  const drop = (): void => {
    const oldest = blocks.shift();
    if (oldest === undefined) return;
    for (const mark of oldest.marks) if (changedIn.get(mark) === oldest.block) changedIn.delete(mark);
    knownFrom = oldest.block + 1n;
  };

  return {
    advance({ from, to, changes }) {
      if (changes === undefined) {
        changedIn.clear();
        blocks.length = 0;
        knownFrom = to;
        return;
      }
      changes.forEach((marks, index) => {
        const block = from + BigInt(index);
        blocks.push({ block, marks });
        for (const mark of marks) changedIn.set(mark, block);
      });
      while (blocks.length > BLOCKS) drop();
    },
    areUnchangedSince: (height, marks) =>
      knownFrom !== undefined && height >= knownFrom && marks.every((mark) => (changedIn.get(mark) ?? -1n) < height),
  };
}
