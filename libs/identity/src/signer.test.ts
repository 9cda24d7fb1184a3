import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isP256SignatureValid } from '@selvedge/crypto';
import { LIMITS, SerializedIdentitySchema, parseMessage } from '@selvedge/protocol';
import { createDevCa, createSigner, loadDevCa, signAs } from './index.js';
import { loadX509 } from './dev-ca/x509.js';
import { NOW } from './testdata/certificates.js';
import { refusal } from './testdata/refusal.js';

describe('createSigner', () => {
  it('signs as the identity of its certificate, low-S', async () => {
    const ca = await createDevCa('Org1MSP', { now: NOW });
    const issued = await ca.issue({ commonName: 'User1@org1', role: 'client' });
    const signer = createSigner({ mspId: 'Org1MSP', ...issued });
    const message = new Uint8Array([1, 2, 3]);
    const { identity, signature } = signAs(signer, message);
    const parsed = parseMessage(SerializedIdentitySchema, identity, LIMITS.maxCreatorBytes);
    expect([parsed.mspid, Buffer.from(parsed.idBytes).toString()]).toEqual(['Org1MSP', issued.certificatePem]);
    for (let i = 0; i < 20; i += 1) expect(isP256SignatureValid(createPublicKey(issued.certificatePem), message, signer.sign(message))).toBe(true);
    expect(signature.length).toBeLessThan(73);
  });

  it('refuses a key that is not the certificate’s, or does not parse, without showing it', async () => {
    const ca = await createDevCa('Org1MSP', { now: NOW });
    const { certificatePem } = await ca.issue({ commonName: 'User1@org1', role: 'client' });
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    expect(refusal(() => createSigner({ mspId: 'Org1MSP', certificatePem, privateKeyPem: other }))).toMatch(/^INVALID_CONFIGURATION: .*belong together/);
    const broken = refusal(() => createSigner({ mspId: 'Org1MSP', certificatePem, privateKeyPem: 'SECRET' }));
    expect(broken).toBe('INVALID_CONFIGURATION: private key: does not parse');
    expect(refusal(() => createSigner({ mspId: 'Org1MSP', certificatePem: 'nothing', privateKeyPem: other }))).toMatch(/^INVALID_CONFIGURATION/);
  });
});

describe('the development CA', () => {
  it('goes on issuing after it was stored and loaded', async () => {
    const ca = await createDevCa('Org1MSP', { now: NOW });
    const { mspId, rootCertificatePem, rootKeyPem } = ca;
    const issued = await loadDevCa({ mspId, rootCertificatePem, rootKeyPem }).issue({ commonName: 'Admin@org1', role: 'admin', notAfter: new Date('2026-12-01T00:00:00Z') });
    const x509 = await loadX509();
    const certificate = new x509.X509Certificate(issued.certificatePem);
    expect(await certificate.verify({ publicKey: new x509.X509Certificate(rootCertificatePem).publicKey, date: NOW })).toBe(true);
    expect(certificate.subjectName.getField('CN')).toEqual(['Admin@org1']);
    expect(certificate.notAfter).toEqual(new Date('2026-12-01T00:00:00Z'));
  });

  it('writes attributes as Fabric CA does', async () => {
    const ca = await createDevCa('Org1MSP', { now: NOW });
    const issued = await ca.issue({ commonName: 'User1@org1', role: 'client', attributes: { 'hf.Type': 'client', desk: 'blue' } });
    const x509 = await loadX509();
    const extension = new x509.X509Certificate(issued.certificatePem).getExtension('1.2.3.4.5.6.7.8.1');
    expect(JSON.parse(Buffer.from(extension?.value ?? new ArrayBuffer(0)).toString())).toEqual({ attrs: { 'hf.Type': 'client', desk: 'blue' } });
  });

  it('refuses a root that is no CA certificate', async () => {
    const ca = await createDevCa('Org1MSP', { now: NOW });
    const leaf = await ca.issue({ commonName: 'User1@org1', role: 'client' });
    expect(refusal(() => loadDevCa({ mspId: 'Org1MSP', rootCertificatePem: leaf.certificatePem, rootKeyPem: leaf.privateKeyPem }))).toMatch(/^INVALID_CONFIGURATION: .*not a CA/);
  });
});
