import { expect, it } from 'vitest';
import { firstMissing, readSteps } from './page-steps.js';

it('a page’s blocks are its steps, with what they print', () => {
  const page = ['<!-- test: run -->', '```sh', 'a   # remark', 'b', '```', '', '```text', 'out', '```', '<!-- test: insert f.ts below "  // x" -->', '```ts', 'code', '```', '<!-- test: dev prints -->', '```text', 'line', '```'].join('\n');
  expect(readSteps(page)).toEqual([
    { kind: 'run', commands: ['a', 'b'], expected: 'out\n' },
    { kind: 'insert', file: 'f.ts', below: '  // x', content: 'code\n' },
    { kind: 'prints', terminal: 'dev', expected: 'line\n' },
  ]);
  expect(() => readSteps('```sh\nrm\n```')).toThrow('has no mark');
  expect(() => readSteps('<!-- test: dance -->\n```sh\nrm\n```')).toThrow('no test knows');
});

it('what is printed is compared line by line', () => {
  const text = 'one 12 ms\n\ntwo\nthree\n';
  for (const expected of ['one … ms\ntwo\nthree', 'one …\n…', '…\nthree', 'one 12 ms\n…\nthree']) expect([expected, firstMissing(text, expected)]).toEqual([expected, undefined]);
  expect(firstMissing(text, 'one …\nthree')).toBe('three');
  expect(firstMissing(text, 'one …\ntwo')).toContain('three');
  expect(firstMissing(text, 'two\n…')).toBe('two');
  expect(firstMissing(text, 'one …\nthree', true)).toBeUndefined();
  expect(firstMissing(text, 'three\none …', true)).toBe('one …');
});
