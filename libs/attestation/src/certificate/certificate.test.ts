import { X509Certificate, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { generateP256, signP256, SUITE_NAMES, suiteByName, toHex } from '@selvedge/crypto';
import { encodeMessage, TeeBindingSchema } from '@selvedge/protocol';
import { AT } from '../testdata/setting.js';
import { buildCertificate, pemOfCertificate } from './build.js';
import { bitString, readElements, TAG, tlv } from './der.js';
import { createBrokerRoot, issueTeeCertificate, type TeeCertificateInput } from './issue.js';
import { OID } from './oids.js';
import { parseBrokerRoot, verifyTeeCertificate } from './verify.js';

const HOUR_MS = 3600_000;
const root = createBrokerRoot({ network: 'net', channel: 'chan', now: AT });
const keys = suiteByName(SUITE_NAMES[0]).generateSigningKeyPair();
const binding: MessageInitShape<typeof TeeBindingSchema> = {
  network: 'net',
  channel: 'chan',
  role: 'compute',
  nodeId: 'node-1',
  operatorMspId: 'Org1MSP',
  teeType: 'simulated',
  platformId: new Uint8Array(32).fill(1),
  measurement: new Uint8Array(48).fill(2),
  evidenceDigest: new Uint8Array(32).fill(3),
  suite: SUITE_NAMES[0],
  epoch: 2n ** 40n,
};
const input: TeeCertificateInput = { rootKey: root.privateKey, rootCertificate: root.certificate, subjectPublicKeyDer: keys.publicKeyDer, binding, now: AT, validityMs: HOUR_MS };
const invalid = expect.objectContaining({ code: 'TEE_CERTIFICATE_INVALID' }) as Error;
const foreignRoot = createBrokerRoot({ network: 'net', channel: 'chan', now: AT });

/** A leaf by hand: what an attacker or a faulty broker might make. */
function leaf(over: Partial<Parameters<typeof buildCertificate>[0]> = {}): Uint8Array {
  return buildCertificate({
    subject: { commonName: 'compute node-1', organization: 'net' },
    subjectPublicKeyDer: keys.publicKeyDer,
    issuer: new X509Certificate(root.certificate),
    issuerKey: root.privateKey,
    notBefore: AT,
    notAfter: new Date(AT.getTime() + HOUR_MS),
    isCa: false,
    extensions: [{ id: OID.teeBinding, value: encodeMessage(TeeBindingSchema, binding) }],
    ...over,
  });
}

/** The same certificate without any extension, signed again: OpenSSL lets such a one issue others. */
function withoutExtensions(der: Uint8Array, key: KeyObject): Uint8Array {
  const [outer] = readElements(der);
  const [toBeSigned, algorithm] = readElements(outer!.content);
  const fields = readElements(toBeSigned!.content).filter(({ tag }) => tag !== TAG.context3);
  const body = tlv(TAG.sequence, ...fields.map(({ raw }) => raw));
  return tlv(TAG.sequence, body, algorithm!.raw, bitString(signP256(key, body)));
}

describe('TEE certificates', () => {
  it.each(SUITE_NAMES)('carry binding and key, suite %s', async (name) => {
    const suite = suiteByName(name);
    const subject = suite.generateSigningKeyPair();
    const der = await issueTeeCertificate({ ...input, subjectPublicKeyDer: subject.publicKeyDer, binding: { ...binding, suite: name } });
    const certificate = verifyTeeCertificate(der, root.certificate, AT);
    expect(toHex(encodeMessage(TeeBindingSchema, certificate.binding))).toBe(toHex(encodeMessage(TeeBindingSchema, { ...binding, suite: name })));
    expect(certificate.suite.name).toBe(name);
    expect(certificate.notAfter.getTime() - certificate.notBefore.getTime()).toBe(HOUR_MS);
    const message = Buffer.from('core');
    expect(suite.isSignatureValid(certificate.publicKey, message, suite.sign(subject.privateKey, message))).toBe(true);
  });

  it('are remembered, and not by reference to the caller’s bytes', async () => {
    const der = Uint8Array.from(await issueTeeCertificate(input));
    const first = verifyTeeCertificate(der, root.certificate);
    expect(verifyTeeCertificate(Uint8Array.from(der), root.certificate)).toBe(first);
    der.fill(0);
    expect(toHex(first.der)).not.toBe(toHex(der));
  });

  it('are refused by another root, also after they were verified once', async () => {
    const der = await issueTeeCertificate(input);
    verifyTeeCertificate(der, root.certificate);
    expect(() => verifyTeeCertificate(der, foreignRoot.certificate)).toThrow(invalid);
  });

  it('are refused outside their validity period only when a time is given', async () => {
    const der = await issueTeeCertificate(input);
    expect(() => verifyTeeCertificate(der, root.certificate, new Date(AT.getTime() + 2 * HOUR_MS))).toThrow(invalid);
    expect(() => verifyTeeCertificate(der, root.certificate, new Date(AT.getTime() - 1000))).toThrow(invalid);
    expect(verifyTeeCertificate(der, root.certificate).binding.nodeId).toBe('node-1');
  });

  it('are refused with any byte flipped, and with bytes after them', async () => {
    const der = await issueTeeCertificate(input);
    for (let at = 0; at < der.length; at += 1) {
      const changed = Uint8Array.from(der);
      changed[at] = (changed[at] ?? 0) ^ 0x41;
      expect(() => verifyTeeCertificate(changed, root.certificate), `byte ${String(at)}`).toThrow(invalid);
    }
    expect(() => verifyTeeCertificate(Buffer.concat([der, Buffer.of(0)]), root.certificate)).toThrow(invalid);
    expect(() => verifyTeeCertificate(Buffer.from(pemOfCertificate(der)), root.certificate)).toThrow(invalid);
    expect(() => verifyTeeCertificate(new Uint8Array(20_000), root.certificate)).toThrow(/too large/);
  });

  it('are refused when they are a certificate authority’s', () => {
    expect(() => verifyTeeCertificate(leaf({ isCa: true }), root.certificate)).toThrow(invalid);
  });

  it('are refused when another TEE issued them', () => {
    const der = leaf();
    const issuedByLeaf = leaf({ issuer: new X509Certificate(der), issuerKey: keys.privateKey });
    expect(() => verifyTeeCertificate(issuedByLeaf, der)).toThrow(invalid);
    expect(() => verifyTeeCertificate(issuedByLeaf, root.certificate)).toThrow(invalid);
  });

  it('are refused when the issuer’s name is another, though its key signed', () => {
    const renamed = buildCertificate({ subject: { commonName: 'other', organization: 'net' }, subjectPublicKeyDer: new X509Certificate(root.certificate).publicKey.export({ format: 'der', type: 'spki' }), issuer: 'self', issuerKey: root.privateKey, notBefore: AT, notAfter: new Date(AT.getTime() + HOUR_MS), isCa: true });
    expect(() => verifyTeeCertificate(leaf(), renamed)).toThrow(invalid);
  });

  it('are refused without a binding, with two, and with one that does not parse', () => {
    const value = encodeMessage(TeeBindingSchema, binding);
    expect(() => verifyTeeCertificate(leaf({ extensions: [] }), root.certificate)).toThrow(invalid);
    expect(() => verifyTeeCertificate(leaf({ extensions: [{ id: OID.teeBinding, value }, { id: OID.teeBinding, value }] }), root.certificate)).toThrow(invalid);
    expect(() => verifyTeeCertificate(leaf({ extensions: [{ id: OID.teeBinding, value: Buffer.of(0xff, 0xff) }] }), root.certificate)).toThrow(invalid);
  });

  it('are refused when the key is not of the suite that they name', () => {
    const wrongSuite = encodeMessage(TeeBindingSchema, { ...binding, suite: SUITE_NAMES[1] });
    expect(() => verifyTeeCertificate(leaf({ extensions: [{ id: OID.teeBinding, value: wrongSuite }] }), root.certificate)).toThrow(invalid);
    const noSuite = encodeMessage(TeeBindingSchema, { ...binding, suite: 'ROT13' });
    expect(() => verifyTeeCertificate(leaf({ extensions: [{ id: OID.teeBinding, value: noSuite }] }), root.certificate)).toThrow(invalid);
  });

  it('are not issued for a key of another suite, nor with bytes smuggled in behind the key', async () => {
    await expect(issueTeeCertificate({ ...input, binding: { ...binding, suite: SUITE_NAMES[1] } })).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
    const smuggled = Buffer.from('a3020500', 'hex');
    const der = await issueTeeCertificate({ ...input, subjectPublicKeyDer: Buffer.concat([keys.publicKeyDer, smuggled]) });
    expect(Buffer.from(der).includes(smuggled)).toBe(false);
    expect(verifyTeeCertificate(der, root.certificate).binding.nodeId).toBe('node-1');
  });
});

describe('parseBrokerRoot', () => {
  it('accepts a self-signed authority and nothing else', async () => {
    expect(parseBrokerRoot(root.certificate).ca).toBe(true);
    expect(() => parseBrokerRoot(new Uint8Array(0))).toThrow(invalid);
    expect(() => parseBrokerRoot(new Uint8Array(20_000))).toThrow(/too large/);
    const issued = await issueTeeCertificate(input);
    expect(() => parseBrokerRoot(issued)).toThrow(invalid);
    const stranger = generateP256();
    const notSelfSigned = leaf({ issuer: 'self', issuerKey: stranger.privateKey, isCa: true });
    expect(() => parseBrokerRoot(notSelfSigned)).toThrow(invalid);
    expect(() => parseBrokerRoot(withoutExtensions(root.certificate, root.privateKey))).toThrow(invalid);
  });
});
