import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTestConsortium, refusalCode, type TestConsortium } from '@selvedge/fixtures';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { businessConfig, readBusinessMaterial, type BusinessConfig } from './config.js';

let consortium: TestConsortium;
let directory: string;
let config: BusinessConfig;
beforeAll(async () => {
  consortium = await createTestConsortium();
  directory = mkdtempSync(path.join(tmpdir(), 'selvedge-config-'));
  const write = (name: string, content: string | Uint8Array): string => {
    const file = path.join(directory, name);
    writeFileSync(file, content);
    return file;
  };
  const { peer } = consortium.organisation('AuroraMSP');
  config = businessConfig.parse({
    network: consortium.network,
    channel: consortium.channel,
    mspId: 'AuroraMSP',
    signedProfile: write('profile.bin', consortium.signedProfile),
    identity: { certificate: write('peer.pem', peer.certificatePem), privateKey: write('peer.key', peer.privateKeyPem) },
    tls: 'off',
    ledger: { kind: 'embedded', sequencer: '127.0.0.1:7050' },
    directory: path.join(directory, 'store'),
  });
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe('configuration of the business process', () => {
  it('gives a profile and a signer', () => {
    const { profile, signer } = readBusinessMaterial(config, {});
    expect(profile.message.channel).toBe(consortium.channel);
    expect(signer.mspId).toBe('AuroraMSP');
    expect(config.listen).toBe('127.0.0.1:0');
  });

  it('follows the embedded ledger, or a channel through its own Fabric peer', () => {
    expect(readBusinessMaterial(config, {}).ledger).toEqual({ kind: 'embedded', sequencer: '127.0.0.1:7050' });
    expect(readBusinessMaterial(config, {}).plaintext).toEqual({ place: { kind: 'embedded', directory: path.join(config.directory, 'plaintext') }, keyFile: path.join(config.directory, 'owner-key') });
    const store = { kind: 'postgresql', url: 'postgresql://selvedge@localhost/books' };
    const { plaintext } = readBusinessMaterial(businessConfig.parse({ ...config, plaintext: { store, keyFile: '/keys/owner' } }), { SELVEDGE_PLAINTEXT_PASSWORD: 'secret' });
    expect(plaintext).toMatchObject({ place: { ...store, password: 'secret' }, keyFile: '/keys/owner' });
    const pem = path.join(directory, 'peer.pem');
    const peer = { endpoint: '127.0.0.1:7051', tlsRootCertificate: pem, clientCertificate: pem, clientKey: pem };
    expect(readBusinessMaterial(businessConfig.parse({ ...config, ledger: { kind: 'fabric', peer } }), {}).ledger).toMatchObject({ kind: 'fabric', peer: { endpoint: '127.0.0.1:7051' } });
  });

  it('refuses settings that it does not know', () => {
    expect(businessConfig.safeParse({ ...config, sequenser: 'x' }).success).toBe(false);
  });

  it.each<[string, Partial<BusinessConfig>, string]>([
    ['a profile of another network', { network: 'elsewhere' }, 'WRONG_NETWORK'],
    ['a profile of another channel', { channel: 'elsewhere' }, 'WRONG_CHANNEL'],
    ['a profile that is not there', { signedProfile: '/nowhere/profile.bin' }, 'INVALID_CONFIGURATION'],
    ['an identity that is not there', { identity: { certificate: '/nowhere/peer.pem', privateKey: '/nowhere/peer.key' } }, 'INVALID_CONFIGURATION'],
  ])('refuses %s', (_name, change, code) => {
    expect(refusalCode(() => readBusinessMaterial({ ...config, ...change }, {}))).toBe(code);
  });
});
