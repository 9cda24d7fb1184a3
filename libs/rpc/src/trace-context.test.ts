import { describe, expect, it } from 'vitest';
import { formatTraceparent, parseTraceparent } from './index.js';

const [TRACE, SPAN] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
const GOOD = `00-${TRACE}-${SPAN}-01`;

describe('a traceparent', () => {
  it('is taken as W3C’s example has it, and written the same', () => {
    const context = parseTraceparent([GOOD]);
    expect(context).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags: 1, isRemote: true });
    expect(formatTraceparent(context)).toBe(GOOD);
  });

  it('keeps of the flags the one that is known', () => {
    expect(formatTraceparent(parseTraceparent([`00-${TRACE}-${SPAN}-fe`]))).toBe(`00-${TRACE}-${SPAN}-00`);
  });

  it.each([
    ['nothing', []],
    ['two of them', [GOOD, GOOD]],
    ['bytes', [Buffer.from(GOOD)]],
    ['another version', [`01-${TRACE}-${SPAN}-01`]],
    ['the version that is forbidden', [`ff-${TRACE}-${SPAN}-01`]],
    ['more behind it', [`${GOOD}-secret`]],
    ['a line feed behind it', [`${GOOD}\n`]],
    ['capitals', [GOOD.toUpperCase()]],
    ['a trace id of zeros', [`00-${'0'.repeat(32)}-${SPAN}-01`]],
    ['a span id of zeros', [`00-${TRACE}-${'0'.repeat(16)}-01`]],
    ['a short id', [`00-${TRACE.slice(1)}-${SPAN}-01`]],
    ['a megabyte', ['0'.repeat(1_000_000)]],
    ['no text', ['']],
  ])('is none when it is %s', (_what, values) => {
    expect(parseTraceparent(values)).toBeUndefined();
  });

  it('is not written where there is no span', () => {
    expect([formatTraceparent(undefined), formatTraceparent({ traceId: '0'.repeat(32), spanId: SPAN, traceFlags: 1 })]).toEqual([undefined, undefined]);
  });
});
