import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeBuilder } from './builder.js';
import { nodeUnitsConfig, writeMsp } from './msp-folders.js';

let folder: string;
const at = (...parts: string[]): string => join(folder, ...parts);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selvedge-builder-'));
  await writeBuilder(at('builder'));
  for (const name of ['source', 'metadata', 'output', 'release']) await mkdir(at(name));
});
afterEach(() => rm(folder, { recursive: true }));

const run = (program: string, ...args: string[]): void => {
  execFileSync(at('builder', 'bin', program), args.map((name) => at(name)), { stdio: 'ignore' });
};

describe('the external builder', () => {
  it('takes packages of type ccaas and no others', async () => {
    await writeFile(at('metadata', 'metadata.json'), '{"label":"x","type": "ccaas"}');
    expect(() => { run('detect', 'source', 'metadata'); }).not.toThrow();
    await writeFile(at('metadata', 'metadata.json'), '{"type":"golang","label":"ccaas"}');
    expect(() => { run('detect', 'source', 'metadata'); }).toThrow();
  });

  it('gives the peer the connection, for itself alone, and CouchDB indexes', async () => {
    await writeFile(at('source', 'connection.json'), '{"address":"127.0.0.1:1"}');
    await mkdir(at('source', 'META-INF', 'statedb', 'couchdb'), { recursive: true });
    await writeFile(at('source', 'META-INF', 'statedb', 'couchdb', 'index.json'), '{}');
    run('build', 'source', 'metadata', 'output');
    run('release', 'output', 'release');
    const released = at('release', 'chaincode', 'server', 'connection.json');
    expect(await readFile(released, 'utf8')).toBe('{"address":"127.0.0.1:1"}');
    expect((await stat(released)).mode & 0o077).toBe(0);
    expect(await readFile(at('release', 'statedb', 'couchdb', 'index.json'), 'utf8')).toBe('{}');
  });

  it('fails without a connection', () => {
    expect(() => { run('build', 'source', 'metadata', 'output'); }).toThrow();
  });
});

describe('writeMsp', () => {
  const ROOTS = { rootCertificatePem: 'root', tlsRootCertificatePem: 'tls root' };

  it('writes roots and units; for an identity, its certificate and a key that its owner alone can read', async () => {
    await writeMsp(at('msp'), ROOTS, { certificatePem: 'certificate', privateKeyPem: 'key' });
    expect([await readFile(at('msp', 'cacerts', 'ca.pem'), 'utf8'), await readFile(at('msp', 'tlscacerts', 'ca.pem'), 'utf8')]).toEqual(['root', 'tls root']);
    expect(JSON.parse(await readFile(at('msp', 'config.yaml'), 'utf8'))).toEqual(nodeUnitsConfig());
    expect(await readFile(at('msp', 'signcerts', 'cert.pem'), 'utf8')).toBe('certificate');
    expect((await stat(at('msp', 'keystore', 'key.pem'))).mode & 0o077).toBe(0);
  });

  it('writes no key for an organisation', async () => {
    await writeMsp(at('msp'), ROOTS);
    await expect(stat(at('msp', 'keystore'))).rejects.toThrow();
  });

  it('tells roles by organisational units', () => {
    expect(nodeUnitsConfig()).toMatchObject({ NodeOUs: { Enable: true, AdminOUIdentifier: { OrganizationalUnitIdentifier: 'admin' }, PeerOUIdentifier: { OrganizationalUnitIdentifier: 'peer' } } });
  });
});
