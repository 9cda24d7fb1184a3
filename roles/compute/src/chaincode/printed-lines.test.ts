import { expect, it } from 'vitest';
import { printedLines } from './printed-lines.js';
import { REFUSAL_MARK } from './preload/source.js';

it('are the last ones, without frames of others', () => {
  const text = ["Error: no luck", '    at create (/opt/code/dist/index.js:3:9)', '    at Module._compile (node:internal/modules/cjs/loader:1554:14)', '    at start (/opt/code/node_modules/fabric-shim/lib/a.js:1:1)', '', 'Node.js v20'].join('\n');
  expect(printedLines(text)).toEqual(['Error: no luck', '    at create (/opt/code/dist/index.js:3:9)', 'Node.js v20']);
  expect(printedLines(Array.from({ length: 40 }, (_, i) => `line ${String(i)}`).join('\n'))).toEqual(Array.from({ length: 12 }, (_, i) => `line ${String(28 + i)}`));
});

it('are bounded, and hold nothing that a terminal would act on', () => {
  expect(printedLines(`\u001b[31mred\u001b[0m \u001b]0;title\u0007\u0008${'x'.repeat(500)}\r\n${REFUSAL_MARK}network []`)).toEqual([`red ${'x'.repeat(236)}`]);
  expect(printedLines('')).toEqual([]);
});

it('take no time by the square of what was printed', () => {
  const hostile = `    at ${'( '.repeat(2_000_000)}`;
  expect(printedLines(`first\n${hostile}`)).toEqual([expect.stringMatching(/^\( \( /)]);
  expect(printedLines(`${hostile}\nlast`).at(-1)).toBe('last');
});
