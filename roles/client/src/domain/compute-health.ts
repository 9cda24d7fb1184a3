import type { ComputeHealth } from '@selvedge/protocol';

/** What a compute node says of itself, in one line for operators: its TEE, the contracts that it can run, and how busy it is. */
export function describeComputeHealth({ teeType, contracts, inFlight, draining }: Pick<ComputeHealth, 'teeType' | 'contracts' | 'inFlight' | 'draining'>): string {
  const serves = contracts.length === 0 ? 'no contract' : contracts.join(', ');
  return [`${teeType} TEE`, serves, `${String(inFlight)} requests under way`, ...(draining ? ['drains'] : [])].join('; ');
}
