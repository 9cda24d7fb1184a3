import { expect, it } from 'vitest';
import { describeComputeHealth } from './compute-health.js';

it('tells what a compute node runs and how busy it is', () => {
  expect(describeComputeHealth({ teeType: 'simulated', contracts: [], inFlight: 0, draining: false })).toBe('simulated TEE; no contract; 0 requests under way');
  expect(describeComputeHealth({ teeType: 'sgx', contracts: ['a', 'b'], inFlight: 7, draining: true })).toBe('sgx TEE; a, b; 7 requests under way; drains');
});
