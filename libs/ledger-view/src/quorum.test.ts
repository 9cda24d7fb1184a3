import { isSelvedgeError } from '@selvedge/errors';
import { describe, expect, it } from 'vitest';
import { findAgreement, type Agreement } from './quorum.js';
import type { FollowerStatement } from './statement.js';

const rootA = new Uint8Array(32).fill(1);
const rootB = new Uint8Array(32).fill(2);

function says(mspId: string, height: number, policyRoot = rootA, facts?: FollowerStatement['facts']): FollowerStatement {
  return { mspId, address: `${mspId}-${String(height)}`, height: BigInt(height), policyRoot, changes: [], facts };
}

function refusal(find: () => Agreement): string {
  try {
    find();
  } catch (error) {
    if (isSelvedgeError(error)) return error.code;
  }
  return 'none';
}

describe('findAgreement', () => {
  it('gives the quorum-th highest height and those that reached it', () => {
    const agreement = findAgreement([says('A', 9), says('B', 5), says('C', 7), says('D', 7)], 3);
    expect(agreement.height).toBe(7n);
    expect(agreement.supporters).toEqual(['A', 'C', 'D']);
  });

  it('counts an organisation once, by its highest follower', () => {
    expect(refusal(() => findAgreement([says('A', 9), says('A', 8), says('B', 7)], 3))).toBe('VIEW_QUORUM_UNREACHABLE');
    expect(findAgreement([says('A', 4), says('A', 8), says('B', 7)], 2).height).toBe(7n);
  });

  it('counts only organisations that share one policy root', () => {
    expect(refusal(() => findAgreement([says('A', 9), says('B', 9, rootB), says('C', 9)], 3))).toBe('VIEW_QUORUM_UNREACHABLE');
  });

  it('prefers the root that a quorum has reached at the greater height', () => {
    const agreement = findAgreement([says('A', 4), says('B', 4), says('C', 6, rootB), says('D', 5, rootB)], 2);
    expect(agreement.policyRoot).toBe(rootB);
    expect(agreement.height).toBe(5n);
  });

  it('refuses two roots at one height', () => {
    expect(refusal(() => findAgreement([says('A', 5), says('B', 5), says('C', 5, rootB), says('D', 5, rootB)], 2))).toBe('VIEW_QUORUM_UNREACHABLE');
  });

  it('takes the facts from whichever follower sent them', () => {
    const facts = new Map([['x', new Uint8Array(1)]]);
    expect(findAgreement([says('A', 5), says('B', 5, rootA, facts)], 2).facts).toBe(facts);
  });
});
