import { expect, it } from 'vitest';
import { createRefusalLog, type Refusal } from './refusal-log.js';

const REFUSAL: Refusal = { code: 'CHAINCODE_ERROR', isSealed: true, txId: 'ab', cause: undefined };

function logged(isDevelopment: boolean, refusal: Refusal): unknown[] {
  const lines: unknown[] = [];
  const take = (fields: unknown): void => void lines.push(fields);
  createRefusalLog({ debug: take, error: take } as never, isDevelopment)(refusal);
  return lines;
}

it('a sealed code is in a development log alone', () => {
  expect(logged(true, REFUSAL)).toEqual([{ code: 'CHAINCODE_ERROR', isSealed: true, txId: 'ab' }]);
  expect(JSON.stringify(logged(false, REFUSAL))).toBe('[{"isSealed":true,"txId":"ab"}]');
  expect(logged(false, { ...REFUSAL, code: 'OVERLOADED', isSealed: false })).toEqual([{ code: 'OVERLOADED', isSealed: false, txId: 'ab' }]);
});

it('a failure of our own is logged without its text', () => {
  const [line] = logged(false, { ...REFUSAL, code: 'INTERNAL', cause: new Error('canary-4711') });
  expect(line).toMatchObject({ code: 'INTERNAL', cause: 'Error', txId: 'ab' });
  expect(JSON.stringify(line)).not.toContain('canary');
});
