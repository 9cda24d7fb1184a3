import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConnectionProfile } from './profile-file.js';
import { loadTls } from './tls-files.js';

const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-client-tls-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const profileWith = async (tls: unknown): Promise<Parameters<typeof loadTls>[0]> => {
  const file = path.join(folder, 'network.json');
  const rest = { network: 'n', channel: 'c', signedProfile: 'p', keyBroker: 'h:1', sequencer: 'h:2', endorsers: [], businessNodes: [], computeNodes: [] };
  writeFileSync(file, JSON.stringify({ ...rest, tls }));
  return loadConnectionProfile(file);
};

describe('the tls section of network.json', () => {
  it('names files beside it', async () => {
    for (const name of ['roots', 'cert', 'key']) writeFileSync(path.join(folder, name), `PEM of ${name}`);
    const profile = await profileWith({ trustedRoots: 'roots', certificate: 'cert', privateKey: path.join(folder, 'key') });
    expect(loadTls(profile)).toEqual({ trustedRootsPem: 'PEM of roots', certificatePem: 'PEM of cert', privateKeyPem: 'PEM of key' });
  });

  it('turns TLS off by that word only', async () => {
    expect(loadTls(await profileWith('off'))).toBe('off');
    for (const other of [undefined, null, false, 'no', {}, { trustedRoots: '' }, { trustedRoots: 'roots', certificate: 1 }]) {
      await expect(profileWith(other)).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', message: expect.stringMatching(/tls|trustedRoots|certificate/) as string });
    }
  });

  it('is refused when a file is missing, or the client has no certificate', async () => {
    const missing = await profileWith({ trustedRoots: 'nowhere', certificate: 'cert', privateKey: 'key' });
    expect(() => loadTls(missing)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('nowhere') as string }));
    const without = await profileWith({ trustedRoots: 'roots' });
    expect(() => loadTls(without)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('no client certificate') as string }));
  });
});
