import { describe, expect, it } from 'vitest';
import type { StatedCommit } from './commit-statement.js';
import { verifyGateOpen } from './gate.js';

const coreDigest = new Uint8Array(32).fill(2);
const says = (mspId: string): StatedCommit => ({ mspId, end: 'valid', blockNumber: 1n, blockHash: new Uint8Array(32), coreDigest });

describe('verifyGateOpen', () => {
  const gate = { organisations: ['AMSP', 'BMSP'], quorum: 2 };

  it('counts the organisations of the gate, whoever else was heard', () => {
    expect(() => { verifyGateOpen({ statements: [says('AMSP'), says('CMSP')], failures: ['BMSP: TIMEOUT'] }, gate, coreDigest); }).toThrow(/2 of AMSP, BMSP must state the commit; AMSP: valid; BMSP: TIMEOUT/);
    expect(() => { verifyGateOpen({ statements: [says('AMSP'), says('BMSP')], failures: [] }, gate, coreDigest); }).not.toThrow();
  });

  it('opens no gate of nobody', () => {
    expect(() => { verifyGateOpen({ statements: [says('AMSP')], failures: [] }, { organisations: [], quorum: 0 }, coreDigest); }).toThrow(expect.objectContaining({ code: 'RESULT_GATE_UNSET' }));
    expect(() => { verifyGateOpen({ statements: [says('AMSP')], failures: [] }, { organisations: ['AMSP'], quorum: 0 }, coreDigest); }).toThrow(expect.objectContaining({ code: 'RESULT_GATE_UNSET' }));
  });
});
