import { entryMark, keyPolicyMark, LIMITS, parseChangeMarks } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { createChangeLog, marksOfUpdates } from './change-log.js';

const mark = (number: number): Uint8Array => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(number);
  return bytes;
};
const numbersOf = (changes: readonly Uint8Array[]): number[][] => changes.map((block) => parseChangeMarks(block).map((text) => Number.parseInt(text.slice(0, 8), 16)));

describe('a change log', () => {
  it('tells the blocks from a number on, the newest last', () => {
    const log = createChangeLog();
    for (let block = 3; block < 7; block += 1) log.add(BigInt(block), [mark(block), mark(block + 100)]);
    expect(numbersOf(log.since(5n, 7n))).toEqual([[5, 105], [6, 106]]);
    expect(log.since(7n, 7n)).toEqual([]);
    expect(log.since(9n, 7n)).toEqual([]);
  });

  it('tells nothing across a gap: neither before its first block, nor of a height that it has not met', () => {
    const log = createChangeLog();
    log.add(5n, [mark(5)]);
    log.add(6n, [mark(6)]);
    expect(numbersOf(log.since(0n, 7n))).toEqual([[5], [6]]);
    expect(log.since(0n, 8n)).toEqual([]);
    log.add(8n, [mark(8)]);
    expect(numbersOf(log.since(5n, 9n))).toEqual([[8]]);
  });

  it('keeps to the limits of a statement', () => {
    const log = createChangeLog();
    const blocks = LIMITS.maxChangedBlocks + 10;
    for (let block = 0; block < blocks; block += 1) log.add(BigInt(block), []);
    expect(log.since(0n, BigInt(blocks))).toHaveLength(LIMITS.maxChangedBlocks);
    const half = Array.from({ length: LIMITS.maxChangeMarks / 2 }, (_, index) => mark(index));
    for (let block = blocks; block < blocks + 3; block += 1) log.add(BigInt(block), half);
    expect(log.since(0n, BigInt(blocks + 3))).toHaveLength(2);
    log.add(BigInt(blocks + 3), [...half, ...half.map((_, index) => mark(index + LIMITS.maxChangeMarks))].concat(mark(1_000_000)));
    expect(log.since(0n, BigInt(blocks + 4))).toEqual([]);
  });
});

it('a transaction changes the entries that it puts or removes, and the policies that it sets or ends', () => {
  const [one, two] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const place = { contract: 'c', ownerSet: 'o', dataset: '' };
  const versions = [one, two].map((ledgerKey, index) => ({ ...place, ledgerKey, datasetTag: one, version: index === 0 ? two : undefined, endsWith: undefined }));
  const keyPolicies = [{ ...place, ledgerKey: two, policy: undefined }];
  expect(marksOfUpdates({ versions, keyPolicies })).toEqual([entryMark('c', 'o', one), entryMark('c', 'o', two), keyPolicyMark('c', 'o', two)]);
});
