import { describe, expect, it } from 'vitest';
import { resultText } from '../commands/fabric-deploy.js';
import { createReporter } from './deploy-report.js';
import { statusText } from './status-text.js';

describe('statusText', () => {
  it('shows what stands on the channel and what runs', () => {
    const text = statusText({
      ready: false,
      network: 'acme',
      channel: 'trade',
      simulatedTees: true,
      profileVersion: 2n,
      keyBrokerRecorded: true,
      chaincodes: [{ name: 'selvedge-policy', version: '1-ab', sequence: 1, approvedBy: ['AMSP', 'BMSP'], installedAt: ['AMSP'] }, { name: 'diamonds', version: undefined, sequence: undefined, approvedBy: [], installedAt: [] }],
      contracts: [{ name: 'diamonds', version: '1.0.0', policyVersion: 3n, codeHash: 'ab'.repeat(32), ownerSets: [{ name: 'world-state', owners: ['AMSP', 'BMSP'], endorsementPolicy: 'x' }], epochs: [{ epoch: 1n, status: 'retired' }, { epoch: 2n, status: 'usable' }] }],
      nodes: [{ name: 'business-a', service: 'business', mspId: 'AMSP', address: 'a:1', pid: 7, ready: true, height: 12n, detail: '', missingPackets: 0 }, { name: 'compute-1', service: 'compute', mspId: 'AMSP', address: 'a:2', pid: undefined, ready: false, height: undefined, detail: 'UNAVAILABLE', missingPackets: 0 }],
      proposals: ['contract-x.bin'],
      problems: ['policy: UNAVAILABLE: nobody answers'],
    });
    expect(text).toContain('network acme on channel trade; profile version 2; key broker recorded; SIMULATED TEEs');
    expect(text).toMatch(/selvedge-policy\s+1-ab\s+1\s+AMSP, BMSP\s+AMSP/);
    expect(text).toMatch(/diamonds\s+not committed\s+-/);
    expect(text).toMatch(/diamonds\s+1\.0\.0\s+3\s+abababababababab\s+1 \(retired\), 2\s+world-state: AMSP BMSP/);
    expect(text).toMatch(/business-a\s+AMSP\s+a:1\s+7\s+12\s+ready/);
    expect(text).toMatch(/compute-1\s+AMSP\s+a:2\s+-\s+-\s+not ready\s+UNAVAILABLE/);
    expect(text).toContain('proposals that wait for approvals: contract-x.bin');
    expect(text).toContain('problem: policy: UNAVAILABLE: nobody answers');
  });
});

describe('a deployment’s report', () => {
  it('tells what was done, what others have to do, and each risk once', () => {
    const notes: string[] = [];
    const reporter = createReporter((text) => notes.push(text));
    reporter.progress('working');
    reporter.done('installed');
    reporter.wait('BMSP has to approve');
    const warning = { code: 'COMMIT_MAY_STALL', message: 'set it to 1s' } as const;
    reporter.warn([warning, warning]);
    reporter.warn([warning]);
    expect(notes).toEqual(['working', 'done: installed', 'waiting: BMSP has to approve', 'warning COMMIT_MAY_STALL: set it to 1s']);
    const contract = { name: 'diamonds', version: '1.0.0', codeHash: 'ab', policyVersion: 1n, sequence: 2, isComplete: true, blockNumber: undefined };
    expect(resultText({ ...reporter.report(), contracts: [contract, { ...contract, name: 'other', isComplete: false }] }).split('\n')).toEqual([
      '1 change made',
      'contract diamonds 1.0.0 is ready: policy version 1, chaincode sequence 2, code hash ab',
      'still to do: BMSP has to approve',
      'warning COMMIT_MAY_STALL: set it to 1s',
    ]);
  });
});
