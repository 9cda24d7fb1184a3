import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTestConsortium, refusalCode, type TestConsortium } from '@selvedge/fixtures';
import { verifySignedProfile } from '@selvedge/policy';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readSigner, readTrustAnchor, type TrustAnchorSettings } from './index.js';

let consortium: TestConsortium;
let settings: TrustAnchorSettings;
const directory = mkdtempSync(path.join(tmpdir(), 'selvedge-network-'));
const write = (name: string, content: string | Uint8Array): string => {
  const file = path.join(directory, name);
  writeFileSync(file, content);
  return file;
};
beforeAll(async () => {
  consortium = await createTestConsortium();
  settings = { network: consortium.network, channel: consortium.channel, signedProfile: write('profile.bin', consortium.signedProfile) };
});
afterEach(() => {
  vi.useRealTimers();
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe('the trust anchor of a service', () => {
  it('is the configured profile', () => {
    expect(readTrustAnchor(settings).digest).toEqual(consortium.profile.digest);
  });

  it.each<[string, Partial<TrustAnchorSettings>, string]>([
    ['of another network', { network: 'elsewhere' }, 'WRONG_NETWORK'],
    ['of another channel', { channel: 'elsewhere' }, 'WRONG_CHANNEL'],
    ['that is not there', { signedProfile: '/nowhere/profile.bin' }, 'INVALID_CONFIGURATION'],
  ])('is no profile %s', (_name, change, code) => {
    expect(refusalCode(() => readTrustAnchor({ ...settings, ...change }))).toBe(code);
  });

  it('still is after the certificates that signed it have ended', () => {
    const at = new Date('2080-01-01T00:00:00Z');
    expect(refusalCode(() => verifySignedProfile(consortium.signedProfile, { at }))).toBe('PROFILE_SIGNATURES_MISSING');
    vi.setSystemTime(at);
    expect(readTrustAnchor(settings).digest).toEqual(consortium.profile.digest);
  });
});

describe('a service’s identity', () => {
  it('signs, and is refused by the name of the file that is missing', () => {
    const { peer } = consortium.organisation('NorthMSP');
    const files = { mspId: 'NorthMSP', certificateFile: write('peer.pem', peer.certificatePem), privateKeyFile: write('peer.key', peer.privateKeyPem) };
    expect(readSigner(files).mspId).toBe('NorthMSP');
    expect(refusalCode(() => readSigner({ ...files, privateKeyFile: '/nowhere/peer.key' }))).toBe('INVALID_CONFIGURATION');
  });
});
