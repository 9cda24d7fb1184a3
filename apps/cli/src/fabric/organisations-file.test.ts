import { describe, expect, it } from 'vitest';
import { addToMajority } from './organisations-file.js';

describe('addToMajority', () => {
  it.each([
    ["OutOf(2, 'AMSP.peer', 'BMSP.peer')", "OutOf(2, 'AMSP.peer', 'BMSP.peer', 'NewMSP.peer')"],
    ["OutOf(2, 'CMSP.peer', 'AMSP.peer', 'BMSP.peer')", "OutOf(3, 'CMSP.peer', 'AMSP.peer', 'BMSP.peer', 'NewMSP.peer')"],
    ["AND('AMSP.peer', 'BMSP.peer')", "OutOf(2, 'AMSP.peer', 'BMSP.peer', 'NewMSP.peer')"],
  ])('extends %s', (policy, extended) => {
    expect(addToMajority(policy, 'NewMSP')).toBe(extended);
  });

  it.each([["OR('AMSP.peer', 'BMSP.peer')"], ["OutOf(2, 'AMSP.member', 'BMSP.peer')"], ["OutOf(2, 'AMSP.peer', 'NewMSP.peer')"], ["OutOf(2, 'AMSP.peer', OR('BMSP.peer', 'CMSP.peer'))"]])('leaves %s as it is', (policy) => {
    expect(addToMajority(policy, 'NewMSP')).toBe(policy);
  });
});
