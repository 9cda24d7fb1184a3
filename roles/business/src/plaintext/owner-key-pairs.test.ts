import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SUITE_NAMES, toHex } from '@selvedge/crypto';
import { isSelvedgeError } from '@selvedge/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openOwnerKeyPairs } from './owner-key-pairs.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'selvedge-owner-key-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});
const keysIn = (file: string): string[] => SUITE_NAMES.map((suite) => toHex(openOwnerKeyPairs(file).keyPair(suite).publicKey));

describe('an owner’s key pairs', () => {
  it('are made once, for the owner’s eyes alone, one for each suite', () => {
    const file = path.join(folder, 'within', 'owner-key');
    const first = keysIn(file);
    expect(keysIn(file)).toEqual(first);
    expect(new Set(first).size).toBe(SUITE_NAMES.length);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
    expect(keysIn(path.join(folder, 'other'))).not.toEqual(first);
  });

  it('open what was sealed to keys before the present one, as long as the file has them', () => {
    const file = path.join(folder, 'owner-key');
    const [first] = keysIn(file);
    writeFileSync(file, `${'1'.repeat(64)}\n${readFileSync(file, 'utf8')}`);
    const pairs = openOwnerKeyPairs(file);
    expect(pairs.keyPairs(SUITE_NAMES[0]).map(({ publicKey }) => toHex(publicKey))).toEqual([toHex(pairs.keyPair(SUITE_NAMES[0]).publicKey), first]);
    expect(toHex(pairs.keyPair(SUITE_NAMES[0]).publicKey)).not.toBe(first);
  });

  it.each([0o640, 0o604, 0o620, 0o660, 0o777])('are refused from a file that others may read or change: %o', (mode) => {
    const file = path.join(folder, 'owner-key');
    const [first] = keysIn(file);
    chmodSync(file, mode);
    expect(() => openOwnerKeyPairs(file)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('600 expected') as string }));
    chmodSync(file, 0o400);
    expect(keysIn(file)[0]).toBe(first);
  });

  it.each(['', 'secret', `${'0'.repeat(63)}g`, '0'.repeat(66), `${'0'.repeat(64)}\n0`])('are refused from a file that holds something else: %s', (content) => {
    const file = path.join(folder, 'owner-key');
    writeFileSync(file, content, { mode: 0o600 });
    let code = '';
    try {
      openOwnerKeyPairs(file);
    } catch (error) {
      if (isSelvedgeError(error)) ({ code } = error);
    }
    expect(code).toBe('INVALID_CONFIGURATION');
    expect(readFileSync(file, 'utf8')).toBe(content);
  });
});
