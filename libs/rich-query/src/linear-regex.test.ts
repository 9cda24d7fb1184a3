import { describe, expect, test } from 'vitest';
import { compileRegex } from './linear-regex.js';

describe('$regex', () => {
  test.each<[string, string, boolean]>([
    ['^Live', 'Live And Let Die', true],
    ['die$', 'Live And Let Die', false],
    ['(?i)die$', 'Live And Let Die', true],
    ['e$', 'Die\n', true],
    ['e\\z', 'Die\n', false],
    ['a.c', 'a\nc', false],
    ['(?s)a.c', 'a\nc', true],
    ['[[:digit:]]{2}', 'a42', true],
    ['é', 'café', true],
    ['', '', true],
  ])('%s on %j', (pattern, text, isFound) => {
    expect(compileRegex(pattern).isFoundIn(text)).toBe(isFound);
  });

  test('sees bytes, as CouchDB’s does', () => {
    expect(compileRegex('^.$').isFoundIn('é')).toBe(false);
    expect(compileRegex('^..$').isFoundIn('é')).toBe(true);
  });

  test.each(['(?=a)b', '(?<!a)b', '(a)\\1', 'a++', '(', '[', '*', '((a{100}){100}){100}', 'a{1001}', 'a{1000}'.repeat(20), 'a'.repeat(1_001)])('refuses %s', (pattern) => {
    expect(() => compileRegex(pattern)).toThrow(expect.objectContaining({ reason: 'bad_arg', message: expect.stringContaining('Bad argument for operator $regex') as string }));
  });

  test('takes linear time where backtracking takes exponential', () => {
    expect(compileRegex('^(a+)+$').isFoundIn(`${'a'.repeat(50_000)}b`)).toBe(false);
    expect(compileRegex('(x+x+)+y').isFoundIn('x'.repeat(20_000))).toBe(false);
  });
});
