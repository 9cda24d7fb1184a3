import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevTlsCa } from '@selvedge/identity';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readOwnFiles } from './own-files.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selvedge-doctor-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const configured = async (config: unknown): Promise<ReturnType<typeof readOwnFiles>> => {
  const file = join(folder, 'config.json');
  await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config));
  return readOwnFiles('business-1', file);
};
const NOTHING = { teeType: undefined, profile: undefined, certificates: [], disks: [], monitoring: undefined };

it('reads certificates, disks and the TEE that a configuration names', async () => {
  const ca = await createDevTlsCa('AuroraMSP');
  const notAfter = new Date('2026-01-01T00:00:00Z');
  const certificate = join(folder, 'tls.pem');
  await writeFile(certificate, (await ca.issueTls({ commonName: 'n', hosts: ['127.0.0.1'], notBefore: new Date('2025-01-01T00:00:00Z'), notAfter })).certificatePem);
  const files = await configured({ tls: { certificate }, tee: { kind: 'simulated' }, directory: folder, monitoring: { listen: '127.0.0.1:9464' }, more: 1 });
  expect(files).toMatchObject({ teeType: 'simulated', monitoring: '127.0.0.1:9464', certificates: [{ subject: 'business-1', use: certificate, notAfter }], disks: [{ path: folder }] });
  expect(files.disks[0]?.totalBytes).toBeGreaterThan(0n);
});

it.each([['no JSON', '{'], ['a list', []], ['null', 'null'], ['a port of the system’s choice and files that are not there', { tls: { certificate: '/nowhere' }, signedProfile: '/nowhere', directory: '/nowhere', monitoring: { listen: '127.0.0.1:0' } }], ['paths of another kind', { directory: 7 }]])('has nothing of %s', async (_what, config) => {
  expect(await configured(config)).toEqual(NOTHING);
});

it('has nothing of a node of elsewhere', async () => {
  expect(await readOwnFiles('business-1', undefined)).toEqual(NOTHING);
});
