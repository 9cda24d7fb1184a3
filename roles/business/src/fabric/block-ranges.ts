/** Blocks that are read along when they lie between two with gaps: a stream costs more than a few blocks. */
const BRIDGED_BLOCKS = 4n;

/** First and last block of each stream to read. @param gaps in the order of their blocks */
export function blockRanges(gaps: readonly { readonly blockNumber: bigint }[]): [bigint, bigint][] {
  const ranges: [bigint, bigint][] = [];
  for (const { blockNumber } of gaps) {
    const last = ranges.at(-1);
    if (last !== undefined && blockNumber <= last[1] + BRIDGED_BLOCKS) last[1] = blockNumber;
    else ranges.push([blockNumber, blockNumber]);
  }
  return ranges;
}
