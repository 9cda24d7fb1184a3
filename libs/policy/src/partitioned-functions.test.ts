import { describe, expect, it } from 'vitest';
import { create } from '@bufbuild/protobuf';
import { ContractPolicySchema } from '@selvedge/protocol';
import { isReduceFunction, partitionedFunction } from './partitioned-functions.js';

const policy = create(ContractPolicySchema, { partitionedFunctions: [{ function: 'Total', map: 'Count', reduce: 'Stock:Sum' }] });

describe('partitioned functions', () => {
  it('are known with and without their contract class', () => {
    for (const called of ['Total', 'Stock:Total', ':Total']) expect(partitionedFunction(policy, Buffer.from(called))?.map, called).toBe('Count');
    for (const called of ['', 'total', 'Count', 'Sum', 'Total:', 'Total2']) expect(partitionedFunction(policy, Buffer.from(called)), called).toBeUndefined();
  });

  it('have a reduce that is known in whatever case, as a Go contract would run it', () => {
    for (const called of ['Sum', 'Stock:Sum', 'Other:Sum', 'sum', 'ſum', ':SUM']) expect(isReduceFunction(policy, Buffer.from(called)), called).toBe(true);
    for (const called of ['', 'Total', 'Count', 'Summer', 'Sum:']) expect(isReduceFunction(policy, Buffer.from(called)), called).toBe(false);
  });
});
