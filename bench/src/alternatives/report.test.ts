import { expect, it } from 'vitest';
import { summariseWay, type WaySlice } from './measure.js';
import { renderAlternatives } from './report.js';
import { verifyResult } from './ways.js';

const slice = (perSecond: number, mainMs: number, nodeMs: number, chaincodeMs: number): WaySlice => ({ perSecond, mainMs, nodeMs, chaincodeMs });
const FIRST = [slice(100, 1, 2, 2), slice(50, 2, 4, 4), slice(80, 1, 2, 2)];

it('a way is set against the slices of the first that it took turns with', () => {
  const other = summariseWay('other', [slice(300, 0.5, 1, 1), slice(100, 1, 2, 2), slice(240, 0.5, 1, 1)], FIRST);
  expect(other).toEqual({ name: 'other', perSecond: 240, mainMs: 0.5, nodeMs: 1, chaincodeMs: 1, rateOfFirst: 3, cpuOfFirst: 0.5 });
  expect(summariseWay('first', FIRST, FIRST)).toMatchObject({ rateOfFirst: 1, cpuOfFirst: 1 });
});

it('the report has a table for each choice', () => {
  const text = renderAlternatives({
    machine: { model: 'Some CPU', cores: 2, memoryGiB: 8, system: 'Linux' },
    node: 'v20.0.0', valueBytes: 1_024, slices: 3,
    choices: [{ what: 'a query', ways: [summariseWay('a process of its own', FIRST, FIRST)] }],
  });
  expect(text).toMatch(/Some CPU, 2 cores.*values of 1024 bytes\n\na query\n.*rate of first {2}CPU of first\n {2}a process of its own {5}80 {3}4\.000 {8}1\.000 {10}1\.000 {6}2\.000 {11}1\.00 {10}1\.00\n/);
});

it('a way that gives something else is no way', () => {
  expect(() => { verifyResult('other', Buffer.from('a'), Buffer.from('b')); }).toThrow('other: 1 bytes that are not what was expected');
});
