import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { toHex } from '@selvedge/crypto';
import { measureFile } from './measurement.js';

const directory = mkdtempSync(join(tmpdir(), 'selvedge-measure-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe('measureFile', () => {
  const file = join(directory, 'main.mjs');

  it('depends on every byte of the file and on the runtime', () => {
    writeFileSync(file, 'one');
    const one = measureFile(file, 'v20.1.0');
    expect(one).toHaveLength(48);
    expect(toHex(measureFile(file, 'v20.2.0'))).not.toBe(toHex(one));
    writeFileSync(file, 'onf');
    expect(toHex(measureFile(file, 'v20.1.0'))).not.toBe(toHex(one));
  });

  it('refuses by name a file that is not there', () => {
    expect(() => measureFile(join(directory, 'none'), 'v20')).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION' }));
  });
});
