import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { refusalCode } from '@selvedge/fixtures';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plaintextPlaceConfig, readPlaintextPlace } from './plaintext-place.js';

const URL = 'postgresql://selvedge@localhost/books';

describe('configuration of where plaintext datasets are', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'selvedge-plaintext-place-'));
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });
  const file = (name: string, text: string): string => {
    writeFileSync(path.join(directory, name), text);
    return path.join(directory, name);
  };

  it('names a folder, or a database whose password is in a file or in the environment', () => {
    expect(readPlaintextPlace(plaintextPlaceConfig.parse({ kind: 'embedded', directory }), {})).toEqual({ kind: 'embedded', directory });
    const place = { kind: 'postgresql', url: URL };
    const environment = { SELVEDGE_PLAINTEXT_PASSWORD: 'from the environment', PGPASSWORD: 'of others' };
    const passwordFile = file('password', ' from the file \n');
    const tlsRootCertificate = file('root.pem', 'PEM');
    expect(readPlaintextPlace(plaintextPlaceConfig.parse(place), {})).toMatchObject({ ...place, password: undefined, tlsRootCertificate: undefined });
    expect(readPlaintextPlace(plaintextPlaceConfig.parse(place), environment)).toMatchObject({ password: 'from the environment' });
    expect(readPlaintextPlace(plaintextPlaceConfig.parse({ ...place, passwordFile, tlsRootCertificate, schema: 'mine' }), environment)).toEqual({ ...place, schema: 'mine', password: ' from the file ', tlsRootCertificate: 'PEM' });
  });

  it('has no place for a password, nor for what it does not know', () => {
    expect(plaintextPlaceConfig.safeParse({ kind: 'postgresql', url: URL, password: 'x' }).success).toBe(false);
    expect(plaintextPlaceConfig.safeParse({ kind: 'mysql', url: URL }).success).toBe(false);
    expect(refusalCode(() => readPlaintextPlace({ kind: 'postgresql', url: URL, passwordFile: '/nowhere/password' }, {}))).toBe('INVALID_CONFIGURATION');
  });
});
