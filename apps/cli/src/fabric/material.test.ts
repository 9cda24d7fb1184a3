import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '@selvedge/crypto';
import { fabricLayoutOf, type FabricLayout } from './folder-layout.js';
import { ownOrganisations } from './folder.js';
import { ensureTees, readTeeRoots } from './tee-material.js';
import { testDeployment } from './testdata/deployments.js';
import { ensureServiceTls, ensureTlsRoots } from './tls-material.js';
import { ensureUnlockKeys, ownUnlockKeys, readUnlockKeys } from './unlock-keys.js';

const deployment = testDeployment();
const [aurora] = ownOrganisations(deployment);
let folder: string;
let layout: FabricLayout;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selvedge-material-'));
  layout = fabricLayoutOf(folder);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('TLS material', () => {
  it('has an authority for each organisation operated here, and names the others', async () => {
    expect(await ensureTlsRoots(layout, deployment)).toEqual(['CelestaMSP']);
    const before = await readFile(layout.sharedTlsRoot('AuroraMSP'), 'utf8');
    await writeFile(layout.sharedTlsRoot('CelestaMSP'), before);
    expect(await ensureTlsRoots(layout, deployment)).toEqual([]);
    expect(await readFile(layout.sharedTlsRoot('AuroraMSP'), 'utf8')).toBe(before);
    expect((await readFile(layout.trustedRoots, 'utf8')).match(/BEGIN CERTIFICATE/g)).toHaveLength(4);
  });

  it('gives a process one certificate for its host, and another when the host changes', async () => {
    await ensureTlsRoots(layout, deployment);
    const first = await ensureServiceTls(layout, aurora!, 'business-aurora', ['10.0.0.1']);
    const certificate = new X509Certificate(await readFile(first.certificate));
    expect(certificate.checkIP('10.0.0.1')).toBe('10.0.0.1');
    expect(certificate.verify(new X509Certificate(await readFile(layout.sharedTlsRoot('AuroraMSP'))).publicKey)).toBe(true);
    expect((await stat(first.privateKey)).mode & 0o077).toBe(0);
    await ensureServiceTls(layout, aurora!, 'business-aurora', ['10.0.0.1']);
    expect(new X509Certificate(await readFile(first.certificate)).fingerprint256).toBe(certificate.fingerprint256);
    await ensureServiceTls(layout, aurora!, 'business-aurora', ['aurora.example.com']);
    expect(new X509Certificate(await readFile(first.certificate)).checkHost('aurora.example.com')).toBe('aurora.example.com');
  });

  it('uses the organisation’s own certificate where it names one', async () => {
    const root = join(folder, 'root.pem');
    await writeFile(root, 'its root\n');
    const organisations = deployment.organisations.map((each) => (each.mspId === 'AuroraMSP' ? { ...each, own: { ...each.own!, serviceTls: { certificate: 'c', privateKey: 'k', root } } } : each));
    const named = { ...deployment, organisations };
    await ensureTlsRoots(layout, named);
    expect(await readFile(layout.sharedTlsRoot('AuroraMSP'), 'utf8')).toBe('its root\n');
    expect(await ensureServiceTls(layout, ownOrganisations(named)[0]!, 'business-aurora', ['x'])).toEqual({ certificate: 'c', privateKey: 'k' });
  });
});

describe('material of simulated TEEs', () => {
  it('is made once for the processes that run here', async () => {
    await ensureTees(layout, deployment, new Date());
    const platform = await readFile(join(layout.platform('key-broker'), 'cert.pem'), 'utf8');
    await ensureTees(layout, deployment, new Date());
    expect(await readFile(join(layout.platform('key-broker'), 'cert.pem'), 'utf8')).toBe(platform);
    expect(await readTeeRoots(layout, deployment)).toMatchObject({ roots: [expect.any(Uint8Array) as Uint8Array], missing: ['CelestaMSP'] });
    await expect(stat(layout.platform('compute-2'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('unlock keys', () => {
  it('are made once for the organisations operated here, readable by their owner alone, and shared in public part', async () => {
    await ensureUnlockKeys(layout, deployment);
    const held = await ownUnlockKeys(layout, deployment);
    expect(held.map(({ mspId }) => mspId)).toEqual(ownOrganisations(deployment).map(({ mspId }) => mspId));
    expect((await stat(layout.unlockKeyFile('AuroraMSP'))).mode & 0o077).toBe(0);
    await ensureUnlockKeys(layout, deployment);
    expect(await ownUnlockKeys(layout, deployment)).toEqual(held);
    const { keys, missing } = await readUnlockKeys(layout, deployment);
    expect(missing).toEqual(['CelestaMSP']);
    expect(keys.get('AuroraMSP')).toEqual(held[0]!.keyPair.publicKey);
    for (const { mspId, keyPair } of held) expect(await readFile(layout.sharedUnlockKey(mspId), 'utf8')).not.toContain(toHex(keyPair.privateKey));
  });

  it('are refused when the file is broken, without a word of what is in it', async () => {
    await ensureUnlockKeys(layout, deployment);
    for (const content of ['', '{', 'null', '{"publicKey":"04","privateKey":"c0ffee"}']) {
      await writeFile(layout.unlockKeyFile('AuroraMSP'), content);
      const error = (await ownUnlockKeys(layout, deployment).catch((refused: unknown) => refused)) as Error;
      expect(error).toMatchObject({ code: 'INVALID_CONFIGURATION' });
      expect(`${error.message}${String(error.cause)}`).not.toContain('c0ffee');
    }
  });
});
