import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { layoutOf, type Layout } from './layout.js';
import { nodeTlsFiles, relativeTlsFiles, userTlsFiles, type TlsFiles } from './tls-files.js';
import { ensureNodeTls, ensureTls, issueTlsMaterial, loadTlsCa } from './tls.js';

const MSP_IDS = ['AuroraMSP', 'NorthMSP'];
let directory: string;
let layout: Layout;

beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'selvedge-dev-tls-'));
  layout = layoutOf(directory);
  await ensureTls(layout, MSP_IDS, ['User1'], new Date());
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const read = (file: string): string => readFileSync(file, 'utf8');
const certificateOf = ({ certificate }: TlsFiles): X509Certificate => new X509Certificate(read(certificate));
const modeOf = (file: string): number => statSync(file).mode & 0o777;

describe('TLS in a network’s folder', () => {
  it('trusts one authority of each organisation', () => {
    const roots = read(layout.tlsRootsFile).split(/(?<=-----END CERTIFICATE-----\n)/).map((pem) => new X509Certificate(pem));
    expect(roots.map(({ subject }) => subject)).toEqual(['O=AuroraMSP\nCN=tlsca.AuroraMSP', 'O=NorthMSP\nCN=tlsca.NorthMSP']);
  });

  it('gives nodes certificates to serve on this machine, and users some to call with', async () => {
    await ensureNodeTls(layout, { name: 'endorser-north', mspId: 'NorthMSP' });
    const [root, node, user] = [new X509Certificate((await loadTlsCa(layout, 'NorthMSP')).rootCertificatePem), certificateOf(nodeTlsFiles(layout, 'endorser-north')), certificateOf(userTlsFiles(layout, 'NorthMSP', 'User1'))];
    expect([node.checkIssued(root), user.checkIssued(root)]).toEqual([true, true]);
    expect([node.checkIP('127.0.0.1'), node.checkHost('localhost'), node.checkIP('192.0.2.1')]).toEqual(['127.0.0.1', 'localhost', undefined]);
    expect(user.subjectAltName).toBeUndefined();
  });

  it('lets nobody but the owner read keys', async () => {
    await ensureNodeTls(layout, { name: 'endorser-north', mspId: 'NorthMSP' });
    const keys = [nodeTlsFiles(layout, 'endorser-north').privateKey, userTlsFiles(layout, 'NorthMSP', 'User1').privateKey, path.join(layout.tlsCaDirectory('NorthMSP'), 'key.pem')];
    expect(keys.map(modeOf)).toEqual([0o600, 0o600, 0o600]);
  });

  it('stays the same at the next start', async () => {
    const before = [layout.tlsRootsFile, userTlsFiles(layout, 'AuroraMSP', 'User1').certificate].map(read);
    await ensureTls(layout, MSP_IDS, ['User1'], new Date());
    expect([layout.tlsRootsFile, userTlsFiles(layout, 'AuroraMSP', 'User1').certificate].map(read)).toEqual(before);
  });

  it('has paths that move with the folder', () => {
    expect(relativeTlsFiles(layout, userTlsFiles(layout, 'AuroraMSP', 'User1'))).toEqual({
      trustedRoots: 'tls-roots.pem',
      certificate: 'organisations/AuroraMSP/users/User1/tls/cert.pem',
      privateKey: 'organisations/AuroraMSP/users/User1/tls/key.pem',
    });
  });

  it('makes further certificates for what belongs to the network, and none without an authority', async () => {
    const { certificatePem, trustedRootsPem } = await issueTlsMaterial(layout, 'NorthMSP', { commonName: 'proxy', hosts: ['127.0.0.1'] });
    expect(new X509Certificate(certificatePem).checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(trustedRootsPem).toBe(read(layout.tlsRootsFile));
    await expect(issueTlsMaterial(layout, 'OtherMSP', { commonName: 'proxy', hosts: [] })).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
  });
});
