import { describe, expect, it } from 'vitest';
import { mostTold } from './fact-blocks.js';
import { listText, type ContractList } from './list.js';

describe('mostTold', () => {
  it('is what most followers say, by key, and the lower of two that as many say', () => {
    const told = [['a', 5n], ['a', 6n], ['a', 6n], ['b', 9n], ['b', 8n]] as const;
    expect([...mostTold(told.map(([key, recordedIn]) => ({ key, recordedIn })))]).toEqual([['a', 6n], ['b', 8n]]);
    expect(mostTold([]).size).toBe(0);
  });
});

describe('listText', () => {
  const contract = { name: 'diamonds', version: '1.0.0', policyVersion: 1n, codeHash: 'ab'.repeat(32), blockNumber: 7n, installed: true };
  const proposal = { ...contract, version: '2.0.0', policyVersion: 2n, file: 'p.bin', approvedBy: ['AuroraMSP'], missing: ['NorthMSP', 'SouthMSP'], refused: [], needed: 2, state: 'waiting' } as const;
  const list = (change: Partial<ContractList>): string => listText({ contracts: [contract], proposals: [], ...change });

  it('shows what is in force, and since when', () => {
    expect(list({})).toMatch(/diamonds\s+1\.0\.0\s+1\s+7\s+(ab){32}\s+yes/);
    expect(list({ contracts: [{ ...contract, blockNumber: undefined, installed: false }] })).toMatch(/1\s+-\s+(ab){32}\s+no/);
    expect(list({ contracts: [] })).toBe('no contract is on the ledger');
  });

  it('says of what waits who has approved, who is missing and what to do next', () => {
    expect(list({ proposals: [proposal] })).toMatch(/proposed: diamonds 2\.0\.0, policy version 2[\s\S]*approved by AuroraMSP; 2 organisations are needed\n {2}1 more of NorthMSP, SouthMSP have to approve: selvedge contract approve abababababab/);
    expect(list({ proposals: [{ ...proposal, state: 'ready' }] })).toContain('enough have approved: selvedge contract commit diamonds');
    expect(list({ proposals: [{ ...proposal, state: 'outdated' }] })).toContain('void, since the ledger has changed');
    expect(list({ proposals: [{ ...proposal, refused: [{ mspId: 'EastMSP', code: 'SIGNATURE_INVALID' }] }] })).toContain('the approval of EastMSP does not count: SIGNATURE_INVALID');
  });
});
