import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { refusal } from './testdata/refusal.js';
import { createDevCa, createMspRegistry, createSigner, NODE_ROLES, signAs, type MspRegistry } from './index.js';
import { NOW, USAGE, identityOf, makeAuthority, makeLeaf, type CertificateInput, type MadeCertificate } from './testdata/certificates.js';

let root: MadeCertificate;
let registry: MspRegistry;

const trust = (certificate: MadeCertificate, mspId = 'Org1MSP') => ({ mspId, rootCertificates: [certificate.der], intermediateCertificates: [], revocationLists: [] });
const leafIdentity = async (input: Partial<CertificateInput>): Promise<Uint8Array> => identityOf(await makeLeaf(root, input));

beforeAll(async () => {
  root = await makeAuthority('ca.org1');
  registry = createMspRegistry([trust(root), trust(await makeAuthority('ca.org2'), 'Org2MSP')]);
});

describe('verifyIdentity', () => {
  it('recognises an identity with each of Fabric’s roles, issued by the development CA', async () => {
    const ca = await createDevCa('Org3MSP', { now: NOW });
    const own = createMspRegistry([{ ...trust(root, 'Org3MSP'), rootCertificates: [ca.rootCertificate] }]);
    for (const role of NODE_ROLES) {
      const issued = await ca.issue({ commonName: `${role}1@org3`, role, attributes: { house: 'aurora' } });
      const signer = createSigner({ mspId: 'Org3MSP', ...issued });
      const identity = own.verifyIdentity(signer.serialized, NOW);
      expect(identity).toMatchObject({ mspId: 'Org3MSP', role, certificatePem: issued.certificatePem, commonName: `${role}1@org3` });
      expect(Buffer.from(identity.certificateHash).toString('hex').toUpperCase()).toBe(new X509Certificate(issued.certificatePem).fingerprint256.replaceAll(':', ''));
      expect(identity.serialized).toEqual(signer.serialized);
    }
    expect(own.mspIds).toEqual(['Org3MSP']);
  });

  it('refuses an organisation that is not listed', async () => {
    const identity = identityOf(await makeLeaf(root), 'OtherMSP');
    expect(refusal(() => registry.verifyIdentity(identity))).toMatch(/^IDENTITY_UNKNOWN_MSP/);
  });

  it('refuses a certificate of one organisation under the name of another', async () => {
    const identity = identityOf(await makeLeaf(root), 'Org2MSP');
    expect(refusal(() => registry.verifyIdentity(identity))).toMatch(/^IDENTITY_UNTRUSTED/);
  });

  it('refuses a certificate of a false CA with the true one’s name', async () => {
    const falseRoot = await makeAuthority('ca.org1');
    expect(refusal(() => registry.verifyIdentity(identityOf({ pem: '' })))).toMatch(/^IDENTITY_MALFORMED/);
    const identity = identityOf(await makeLeaf(falseRoot));
    expect(refusal(() => registry.verifyIdentity(identity))).toMatch(/^IDENTITY_UNTRUSTED: .*not issued/);
  });

  it('refuses a certificate that names another issuer than the one who signed it', async () => {
    const identity = await leafIdentity({ issuerName: 'ca.elsewhere' });
    expect(refusal(() => registry.verifyIdentity(identity))).toMatch(/^IDENTITY_UNTRUSTED/);
  });

  it('refuses a CA certificate as identity', async () => {
    const identity = await leafIdentity({ ca: true });
    expect(refusal(() => registry.verifyIdentity(identity))).toMatch(/^IDENTITY_UNTRUSTED: .*CA certificate/);
  });

  it('refuses a certificate that may not sign', async () => {
    const identity = await leafIdentity({ usage: USAGE.keyEncipherment });
    expect(refusal(() => registry.verifyIdentity(identity))).toMatch(/^IDENTITY_UNTRUSTED: .*key usage/);
  });

  it('takes a certificate without the key usage extension', async () => {
    const identity = await leafIdentity({ usage: undefined });
    expect(registry.verifyIdentity(identity).role).toBe('peer');
  });

  it('refuses a critical extension that it does not know', async () => {
    const identity = await leafIdentity({ criticalOid: '1.2.3.4' });
    expect(refusal(() => registry.verifyIdentity(identity))).toMatch(/^IDENTITY_UNTRUSTED: .*critical extension/);
  });

  it.each([
    ['none', []],
    ['another spelling', ['Peer']],
    ['two', ['peer', 'admin']],
  ])('refuses an identity with %s of the organisational units', async (_, units) => {
    const identity = await leafIdentity({ units });
    expect(refusal(() => registry.verifyIdentity(identity))).toMatch(/^IDENTITY_WRONG_ROLE/);
  });

  it('takes other organisational units beside the role’s', async () => {
    expect(registry.verifyIdentity(await leafIdentity({ units: ['department1', 'client'] })).role).toBe('client');
  });
});

describe('the validity period', () => {
  const future = new Date('2027-06-01T00:00:00Z');

  it('is not looked at without a time', async () => {
    const identity = await leafIdentity({ notAfter: new Date('2026-02-01T00:00:00Z') });
    expect(registry.verifyIdentity(identity).role).toBe('peer');
    expect(refusal(() => registry.verifyIdentity(identity, NOW))).toMatch(/^IDENTITY_EXPIRED/);
  });

  it('must have begun', async () => {
    const identity = await leafIdentity({ notBefore: new Date('2026-07-01T00:00:00Z') });
    expect(refusal(() => registry.verifyIdentity(identity, NOW))).toMatch(/^IDENTITY_EXPIRED/);
  });

  it('of the CA counts as well', async () => {
    const identity = await leafIdentity({ notAfter: new Date('2028-01-01T00:00:00Z') });
    expect(registry.verifyIdentity(identity, NOW).role).toBe('peer');
    expect(refusal(() => registry.verifyIdentity(identity, future))).toMatch(/^IDENTITY_EXPIRED/);
  });

  it('of a CA certificate that was renewed under the same key is the longer one', async () => {
    const renewed = await makeAuthority('ca.org1', { keys: root, notAfter: new Date('2029-01-01T00:00:00Z') });
    const both = createMspRegistry([{ ...trust(root), rootCertificates: [root.der, renewed.der] }]);
    const identity = await leafIdentity({ notAfter: new Date('2028-01-01T00:00:00Z') });
    expect(both.verifyIdentity(identity, future).role).toBe('peer');
  });
});

describe('verifySignature', () => {
  const message = new TextEncoder().encode('a message');

  it('refuses another message, another signer and another role', async () => {
    const leaf = await makeLeaf(root);
    const other = await makeLeaf(root);
    const signer = createSigner({ mspId: 'Org1MSP', certificatePem: leaf.pem, privateKeyPem: leaf.privateKey.export({ format: 'pem', type: 'sec1' }).toString() });
    const signed = signAs(signer, message);
    expect(registry.verifySignature(signed, message, { role: 'peer', at: NOW }).mspId).toBe('Org1MSP');
    // A signature that verified is remembered, for this very message and identity alone.
    expect(registry.verifySignature(signed, message, { role: 'peer' }).mspId).toBe('Org1MSP');
    expect(refusal(() => registry.verifySignature({ ...signed, signature: Uint8Array.from(signed.signature, (byte, at) => (at === 20 ? byte ^ 1 : byte)) }, message))).toMatch(/^SIGNATURE_INVALID/);
    expect(refusal(() => registry.verifySignature(signed, new Uint8Array([1])))).toMatch(/^SIGNATURE_INVALID/);
    expect(refusal(() => registry.verifySignature({ ...signed, identity: identityOf(other) }, message))).toMatch(/^SIGNATURE_INVALID/);
    expect(refusal(() => registry.verifySignature(signed, message, { role: 'admin' }))).toMatch(/^IDENTITY_WRONG_ROLE/);
    expect(refusal(() => registry.verifySignature(signed, message, { at: new Date('2030-01-01T00:00:00Z') }))).toMatch(/^IDENTITY_EXPIRED/);
  });
});
