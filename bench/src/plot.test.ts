import { describe, expect, it } from 'vitest';
import { niceCeiling, renderBars, renderLines } from './plot.js';

const numbersOf = (svg: string, attribute: string): number[] => [...svg.matchAll(new RegExp(` ${attribute}="([^"]*)"`, 'g'))].map(([, text]) => Number(text));

describe('lines', () => {
  const svg = renderLines({ title: 'a <plot>', xLabel: 'x', yLabel: 'y', xs: ['1', '8'], series: [{ name: 'ours', points: [{ x: '1', y: 10 }, { x: '8', y: 20 }] }, { name: 'theirs', points: [{ x: '8', y: 5 }, { x: '9', y: 5 }, { x: '1', y: Number.NaN }] }] });

  it('draw what is there, higher values higher, and leave out what is not', () => {
    const heights = numbersOf(svg, 'cy');
    expect(heights).toHaveLength(3);
    expect(heights[1]).toBeLessThan(heights[0] as number);
    expect(heights[2]).toBeGreaterThan(heights[0] as number);
    for (const x of numbersOf(svg, 'cx')) expect(x > 0 && x < 640).toBe(true);
  });

  it('name themselves and escape', () => {
    expect(svg).toContain('a &lt;plot&gt;');
    expect(svg).toContain('ours, 8: 20');
  });

  it('stand without any point', () => {
    expect(renderLines({ title: '', xLabel: '', yLabel: '', xs: [], series: [] })).not.toContain('NaN');
  });
});

describe('bars', () => {
  it('put parts after each other, in scale', () => {
    const svg = renderBars({ title: 'bars', xLabel: 'ms', bars: [{ name: 'a', parts: { client: 1, compute: 3 } }, { name: 'b', parts: { compute: 2 } }] });
    const [first = 0, second = 0, none, third = 0] = numbersOf(svg, 'width');
    expect([second / first, third / first, none].map((value) => Math.round(value ?? -1))).toEqual([3, 2, 0]);
    expect(numbersOf(svg, 'x')).toContain(170 + first);
  });
});

it.each([[0, 1], [Number.NaN, 1], [1, 1], [1.1, 2], [2.2, 2.5], [30, 50], [600, 1_000], [0.03, 0.05]])('the axis up to %d ends at %d', (value, expected) => {
  expect(niceCeiling(value)).toBeCloseTo(expected);
});
