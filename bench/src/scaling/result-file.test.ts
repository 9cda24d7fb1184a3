import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ratiosOf } from '../ratios.js';
import { toJson, type BenchResult } from '../result.js';
import { FLOOR, measurement } from '../testdata/points.js';
import { parsePredictOptions } from './options.js';
import { renderPrediction } from './report.js';
import { parseResult, readResultFile } from './result-file.js';

const measurements = [1, 8, 128].flatMap((inFlight, comparison) => [
  measurement({ inFlight, comparison, rates: [inFlight, inFlight] }),
  measurement({ inFlight, comparison, subject: 'batched', batch: 64, rates: [3 * inFlight] }),
]);
const result: BenchResult = {
  ledger: 'fabric',
  startedAt: '2026-01-01T00:00:00.000Z',
  arguments: ['--ledger', 'fabric'],
  machine: { cores: 2, model: 'A CPU', memoryGiB: 8, system: 'Linux 6' },
  versions: { node: '20.0.0' },
  method: 'How',
  floor: FLOOR,
  measurements: [...measurements, measurement({ experiment: 'hot', spread: 'hot' }), measurement({ experiment: 'nodes', workload: 'wait' }), measurement({ inFlight: 4, rates: [0], p50: Number.NaN })],
  memoryMiB: { 'peer-a': 1, 'peer-b': 1, 'business-a': 1, 'compute-1': 1 },
  ratios: ratiosOf(measurements, FLOOR),
};
const json = toJson(result);
const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-predict-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('a file of --json', () => {
  it('gives closed loops over calls in flight, and how many processes ran', () => {
    const measured = parseResult(json);
    expect(measured).toMatchObject({ ledger: 'fabric', cores: 2, counts: { peer: 2, business: 1, endorser: 1 } });
    expect(measured.points).toHaveLength(6);
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'x'],
    ['null', 'null'],
    ['a list', '[]'],
    ['another ledger', json.replace('"fabric"', '"bitcoin"')],
    ['no cores', json.replace('"cores": 2', '"cores": 0')],
    ['a billion cores', json.replace('"cores": 2', '"cores": 1e9')],
    ['a number of calls that would not end', json.replace('"inFlight": 128', '"inFlight": 1e9')],
    ['a rate below zero', json.replace('"perSecond": 8,', '"perSecond": -8,')],
    ['a rate that is a text', json.replace('"perSecond": 8,', '"perSecond": "8",')],
    ['a cost without end', json.replace('"compute": 0.5', '"compute": 1e999')],
    ['a list as a cost', json.replace('"compute": 0.5', '"compute": [1]')],
    ['a part that is no word', json.replaceAll('"compute": 0.5', '"\\u001b[2J": 0.5')],
    ['a part with the name of a prototype', json.replaceAll('"compute": 0.5', '"__proto__": 0.5')],
    ['a part with the name of a method', json.replaceAll('"compute": 0.5', '"constructor": 0.5')],
    ['processes without end', JSON.stringify({ ...result, memoryMiB: Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`peer-${String(i)}`, 1])) })],
    ['points that are none', JSON.stringify({ ...result, measurements: [1] })],
    ['points without end', JSON.stringify({ ...result, measurements: Array.from({ length: 1_001 }, () => ({})) })],
  ])('is refused when it has %s', (_, text) => {
    expect(() => parseResult(text)).toThrow(RangeError);
  });

  it('prints no argument that would move the cursor', () => {
    expect(parseResult(JSON.stringify({ ...result, arguments: ['--keys', '\u001b[2J', 7] })).arguments).toEqual(['--keys']);
  });

  it('is not read when it is too large, a folder or absent', () => {
    const large = path.join(folder, 'large.json');
    writeFileSync(large, '');
    truncateSync(large, 17 * 1024 * 1024);
    expect(() => readResultFile(large)).toThrow(/more than a benchmark's file may/);
    expect(() => readResultFile(folder)).toThrow(RangeError);
    expect(() => readResultFile(path.join(folder, 'absent.json'))).toThrow(/cannot be read/);
  });
});

describe('the command line', () => {
  it('has defaults, and lists', () => {
    expect(parsePredictOptions(['--predict', 'f'])).toMatchObject({ file: 'f', computeNodes: [1, 2, 4, 8], endorsers: [3], businessNodes: [3], cores: [4], inFlight: [128, 1_024], clients: 8 });
    expect(parsePredictOptions(['--predict=f', '--endorsers', '3,5']).endorsers).toEqual([3, 5]);
  });

  it.each([
    [['--predict', ''], /a file is expected/],
    [['--predict', 'f', '--endorsers', '1'], /from 2 to 64/],
    [['--predict', 'f', '--cores', '2,2'], /each once/],
    [['--predict', 'f', '--ledger', 'fabric'], /ledger/],
    [['--predict', 'f', '--cores', '1,2,3,4,5,6', '--endorsers', '2,3,4,5,6,7'], /288 predictions/],
  ])('refuses %s', (args, message) => {
    expect(() => parsePredictOptions(args)).toThrow(message);
  });
});

describe('the text', () => {
  it('sets the model against each point, and has a row for each deployment', () => {
    const text = renderPrediction(parseResult(json), parsePredictOptions(['--predict', 'f', '--compute-nodes', '1,2', '--in-flight', '128']));
    expect(text).toContain('npm run bench -- --ledger fabric');
    expect(text.split('\n').filter((line) => /delay and costs|nothing$/.test(line))).toHaveLength(4);
    expect(text.match(/ time of a round | compute$| client$/gm)).toHaveLength(4);
    expect(text).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('refuses a file that has one number of calls in flight', () => {
    expect(() => renderPrediction(parseResult(JSON.stringify({ ...result, measurements: [measurement({})] })), parsePredictOptions(['--predict', 'f']))).toThrow(/at least two numbers/);
  });
});
