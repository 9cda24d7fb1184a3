import { X509Certificate, createPrivateKey } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { createDevCa } from './dev-ca.js';
import { createDevTlsCa, loadDevTlsCa, type DevTlsCa } from './tls-ca.js';

let ca: DevTlsCa;
const issued = async (hosts: string[], more: { notAfter?: Date } = {}): Promise<X509Certificate> => new X509Certificate((await ca.issueTls({ commonName: 'peer0', hosts, ...more })).certificatePem);

beforeAll(async () => {
  ca = await createDevTlsCa('org1', { now: new Date('2026-06-01T00:00:00Z') });
});

describe('a TLS authority for development', () => {
  it('has a self-signed root of its own', async () => {
    const root = new X509Certificate(ca.rootCertificatePem);
    expect(root.ca).toBe(true);
    expect(root.verify(root.publicKey)).toBe(true);
    expect(root.subject).toContain('CN=tlsca.org1');
    expect((await createDevCa('org1')).rootCertificatePem).not.toBe(ca.rootCertificatePem);
  });

  it('issues certificates for hosts, to serve and to call', async () => {
    const certificate = await issued(['127.0.0.1', '::1', 'localhost', 'peer0.org1.example']);
    expect(certificate.checkIssued(new X509Certificate(ca.rootCertificatePem))).toBe(true);
    expect(certificate.verify(new X509Certificate(ca.rootCertificatePem).publicKey)).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkIP('127.0.0.2')).toBeUndefined();
    expect(certificate.checkHost('peer0.org1.example')).toBe('peer0.org1.example');
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  });

  it('issues certificates that can only call', async () => {
    const certificate = await issued([]);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.subjectAltName).toBeUndefined();
  });

  it('gives the key that belongs to the certificate', async () => {
    const { certificatePem, privateKeyPem } = await ca.issueTls({ commonName: 'peer0', hosts: ['127.0.0.1'] });
    expect(new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(privateKeyPem))).toBe(true);
  });

  it('keeps to the validity that is asked for', async () => {
    const notAfter = new Date('2026-07-01T00:00:00Z');
    expect(new Date((await issued(['localhost'], { notAfter })).validTo)).toEqual(notAfter);
  });

  it('opens again from its root', async () => {
    const again = loadDevTlsCa({ mspId: 'org1', rootCertificatePem: ca.rootCertificatePem, rootKeyPem: ca.rootKeyPem });
    const { certificatePem } = await again.issueTls({ commonName: 'peer1', hosts: ['localhost'] });
    expect(new X509Certificate(certificatePem).verify(new X509Certificate(ca.rootCertificatePem).publicKey)).toBe(true);
    const { rootKeyPem } = await createDevTlsCa('org1');
    expect(() => loadDevTlsCa({ mspId: 'org1', rootCertificatePem: ca.rootCertificatePem, rootKeyPem })).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION' }));
  });

  it.each(['', 'no host', '*.example', '-a', '127.0.0.1:80', 'a\0b'])('refuses %j as a host', async (host) => {
    await expect(ca.issueTls({ commonName: 'peer0', hosts: [host] })).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
  });
});
