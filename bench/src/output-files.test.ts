import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { verifyWritable } from './output-files.js';

const folder = mkdtempSync(path.join(tmpdir(), 'bench-files-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it('takes a file in a folder, and none', () => {
  verifyWritable('--json', path.join(folder, 'new.json'));
  verifyWritable('--json', undefined);
});

it('refuses a folder that is not there, and a folder instead of a file', () => {
  expect(() => { verifyWritable('--json', path.join(folder, 'none/x.json')); }).toThrow(/--json: .*none is not a folder/);
  expect(() => { verifyWritable('--html', folder); }).toThrow(/a file is expected/);
});
