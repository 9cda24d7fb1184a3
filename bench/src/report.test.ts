import { describe, expect, it } from 'vitest';
import { renderHtml } from './html-report.js';
import { renderReport } from './report.js';
import { toJson, type BenchResult } from './result.js';
import { ratiosOf } from './ratios.js';
import { FLOOR, measurement } from './testdata/points.js';

const measurements = [
  measurement({ inFlight: 1, subject: 'plain' }),
  measurement({ inFlight: 1, subject: 'selvedge', failures: { '<b>BUSY</b>': 2 } }),
  measurement({ subject: 'plain', rates: [100, 100], comparison: 1 }),
  measurement({ subject: 'selvedge', rates: [90, 50], comparison: 1, p50: Number.NaN }),
  measurement({ experiment: 'hot', subject: 'plain', spread: 'hot', comparison: 2 }),
];
const result: BenchResult = {
  ledger: 'fabric',
  startedAt: '2026-01-01T00:00:00.000Z',
  arguments: ['--ledger', 'fabric', '--json', '<img>'],
  machine: { cores: 2, model: 'A "CPU"', memoryGiB: 8, system: 'Linux 6' },
  versions: { node: '20.0.0', fabric: 'v3.1.5', commit: 'abc' },
  method: 'How <it> was done',
  floor: FLOOR,
  measurements,
  memoryMiB: { 'compute-1': 100 },
  ratios: ratiosOf(measurements, FLOOR),
};

describe('the text', () => {
  it('has every point, every ratio with its aim, and the method', () => {
    const text = renderReport(result);
    expect(text.split('\n').filter((line) => line.startsWith('  load'))).toHaveLength(8);
    expect(text).toMatch(/singleUpdate +0\.70 +at least 0\.8 +NOT reached +2 /);
    expect(text).toContain('How <it> was done');
    expect(text).toContain('1 in flight, 1 KiB, 1000 keys');
    expect(text).not.toContain('NaN');
  });

  it('says when no ratio was measured', () => {
    expect(renderReport({ ...result, ratios: [] })).toContain('none: no comparison');
  });
});

describe('the JSON', () => {
  it('has ratios by name, what they mean beside them, and null for what does not exist', () => {
    const json = JSON.parse(toJson(result)) as { ratios: Record<string, number>; ratioDetails: Record<string, { reached: boolean; runs: number }>; measurements: { p50: number | null }[] };
    expect(json.ratios.singleUpdate).toBeCloseTo(0.7);
    expect(Object.keys(json.ratios)).not.toContain('query');
    expect(json.ratioDetails.singleUpdate).toMatchObject({ reached: false, runs: 2 });
    expect(json.measurements[3]?.p50).toBeNull();
    expect(json).toMatchObject({ machine: { cores: 2 }, versions: { fabric: 'v3.1.5' }, method: 'How <it> was done', arguments: ['--ledger', 'fabric', '--json', '<img>'] });
  });
});

describe('the page', () => {
  const html = renderHtml(result);

  it('loads nothing and runs nothing', () => {
    expect(html).not.toMatch(/(src|href|url|@import)\s*[=(]/i);
    expect(html).not.toContain('<script');
    expect(html).toContain("default-src 'none'");
  });

  it('escapes whatever it shows', () => {
    for (const raw of ['<img', '<b>BUSY', '<it>']) expect(html).not.toContain(raw);
    expect(html).toContain('&lt;b&gt;BUSY&lt;/b&gt; 2');
  });

  it('has light and dark colours, plots, ratios and points', () => {
    expect(html).toContain('prefers-color-scheme:dark');
    expect(html).toContain('Updates, per second, by calls in flight');
    expect(html).toContain('Updates on one key');
    expect(html).toContain('CPU of one update, by role');
    expect(html).not.toContain('by size of a value');
    expect(html).toContain('not reached');
    expect(html).not.toContain('NaN');
  });
});
