import { describe, expect, it } from 'vitest';
import { isOlderVersion } from './version-order.js';

describe('isOlderVersion', () => {
  it('follows the precedence of Semantic Versioning 2.0.0, section 11', () => {
    const ascending = ['0.9.9', '1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2', '1.0.0-beta.11', '1.0.0-rc.1', '1.0.0', '1.0.1', '1.2', '1.10.0', '2.0.0', 'v2.0.1'];
    for (const [i, a] of ascending.entries()) {
      for (const [j, b] of ascending.entries()) expect([a, b, isOlderVersion(a, b)]).toEqual([a, b, i < j]);
    }
  });

  it('takes versions that differ in build metadata alone, or in form alone, for equal', () => {
    for (const [a, b] of [['1.0.0+a', '1.0.0+b'], ['1.2', '1.2.0'], ['v1.0.0', '1.0.0']] as const) expect([isOlderVersion(a, b), isOlderVersion(b, a)]).toEqual([false, false]);
  });

  it('knows no order of other texts', () => {
    for (const [a, b] of [['blue', 'green'], ['1', '2.0.0'], ['1.0.0', 'latest'], ['1.0.0.0', '2.0.0'], ['', '1.0.0']] as const) expect([isOlderVersion(a, b), isOlderVersion(b, a)]).toEqual([false, false]);
  });
});
