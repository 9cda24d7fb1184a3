import { encodeChangeMarks } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { agreeChanges, type AgreedChanges } from './changes.js';
import type { FollowerStatement } from './statement.js';

const root = new Uint8Array(32).fill(1);
const mark = (number: number): Uint8Array => Uint8Array.of(number, 0, 0, 0, 0, 0, 0, 0);
const hex = (number: number): string => Buffer.from(mark(number)).toString('hex');
const block = (...numbers: number[]): Uint8Array => encodeChangeMarks(numbers.map(mark));

/** An organisation that is at a height and tells of the blocks right below it. */
function says(mspId: string, height: number, changes: readonly Uint8Array[], change: Partial<FollowerStatement> = {}): FollowerStatement {
  return { mspId, address: `${mspId}:1`, height: BigInt(height), policyRoot: root, changes, facts: undefined, ...change };
}
const agree = (statements: readonly FollowerStatement[], from = 5n, to = 7n): AgreedChanges => agreeChanges(statements, { from, to, quorum: 2, policyRoot: root });
const HONEST = [block(1, 2), block(3)];
const AGREED = [[hex(1), hex(2)], [hex(3)]];

describe('what organisations say that blocks changed', () => {
  it('counts when a quorum says the same, whatever heights they are at', () => {
    const ahead = says('C', 9, [...HONEST, block(4), block(5)]);
    expect(agree([says('A', 7, HONEST), says('B', 8, [...HONEST, block(4)]), ahead])).toEqual({ blocks: AGREED, differing: [] });
    expect(agree([says('A', 7, HONEST), ahead], 7n, 7n)).toEqual({ blocks: [], differing: [] });
  });

  it('loses nothing by one that leaves a change out, whose organisation is named', () => {
    for (const lie of [[block(1), block(3)], [block(), block(3)], [block(1, 2), block()]]) {
      expect(agree([says('A', 7, HONEST), says('Liar', 7, lie), says('C', 7, HONEST)])).toEqual({ blocks: AGREED, differing: ['Liar'] });
    }
  });

  it('takes what one adds for changed too', () => {
    expect(agree([says('A', 7, HONEST), says('B', 7, HONEST), says('Liar', 7, [block(1, 2, 9), block(3)])])).toEqual({ blocks: [[hex(1), hex(2), hex(9)], [hex(3)]], differing: ['Liar'] });
  });

  it('is not a list of other blocks that one repeats', () => {
    expect(agree([says('A', 7, HONEST), says('B', 7, HONEST), says('Liar', 7, [block(7), block(8)])]).differing).toEqual(['Liar']);
    // Behind, with what it knew then.
    expect(agree([says('A', 7, HONEST), says('B', 7, HONEST), says('Behind', 5, [block(8), block(9)])])).toEqual({ blocks: AGREED, differing: [] });
  });

  it('is not known where only one says so, or no two say the same', () => {
    expect(agree([says('A', 7, HONEST), says('Liar', 7, [block(1), block(3)])]).blocks).toBeUndefined();
    expect(agree([says('A', 7, HONEST)]).blocks).toBeUndefined();
    expect(agree([says('A', 7, HONEST), says('A', 7, HONEST, { address: 'A:2' })]).blocks).toBeUndefined();
  });

  it('is not known across a gap of any block', () => {
    expect(agree([says('A', 7, HONEST), says('B', 7, HONEST.slice(1))]).blocks).toBeUndefined();
    expect(agree([says('A', 7, HONEST), says('B', 7, []), says('C', 6, HONEST.slice(0, 1))]).blocks).toBeUndefined();
  });

  it('is not taken from one that states a height which it has not', () => {
    // Its list would stand for later blocks.
    const liar = says('Liar', 8, HONEST);
    expect(agree([says('A', 7, HONEST), says('B', 7, HONEST), liar])).toEqual({ blocks: [[hex(1), hex(2)], [hex(3), hex(1), hex(2)]], differing: ['Liar'] });
    expect(agree([says('A', 7, HONEST), liar]).blocks).toBeUndefined();
    expect(agree([says('A', 7, HONEST), says('B', 7, HONEST), says('Liar', 2 ** 53, HONEST)])).toEqual({ blocks: AGREED, differing: [] });
  });

  it('is not taken from one under another policy, nor from what does not parse', () => {
    expect(agree([says('A', 7, HONEST), says('B', 7, HONEST, { policyRoot: new Uint8Array(32) })]).blocks).toBeUndefined();
    expect(agree([says('A', 7, HONEST), says('B', 7, HONEST), says('Liar', 7, [block(1, 2), Uint8Array.of(1)])])).toEqual({ blocks: AGREED, differing: ['Liar'] });
  });
});
