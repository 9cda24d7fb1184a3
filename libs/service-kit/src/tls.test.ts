import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadConfig, readTls, tlsConfig } from './index.js';

const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-kit-tls-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const write = (name: string, content: string): string => {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
};

describe('the tls section', () => {
  const schema = z.strictObject({ tls: tlsConfig });
  const load = (section: unknown): unknown => loadConfig(schema, write('config.json', JSON.stringify({ tls: section })));

  it('names three files, or says off', () => {
    const files = { certificate: 'c', privateKey: 'k', trustedRoots: 'r' };
    expect(load(files)).toEqual({ tls: files });
    expect(load('off')).toEqual({ tls: 'off' });
  });

  it.each([undefined, null, false, {}, 'on', '', { certificate: 'c', privateKey: 'k' }, { certificate: 'c', privateKey: 'k', trustedRoots: 'r', verify: false }])('is not %j: nothing but the word itself turns TLS off', (section) => {
    expect(() => load(section)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('tls') as string }));
  });

  it('is read into PEM', () => {
    const config = { certificate: write('c', 'certificate'), privateKey: write('k', 'key'), trustedRoots: write('r', 'roots') };
    expect(readTls(config)).toEqual({ certificatePem: 'certificate', privateKeyPem: 'key', trustedRootsPem: 'roots' });
    expect(readTls('off')).toBe('off');
    expect(() => readTls({ ...config, privateKey: '/nowhere' })).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: 'tls: cannot read /nowhere' }));
  });
});
