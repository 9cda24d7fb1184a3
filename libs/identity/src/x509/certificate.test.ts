import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { USAGE, makeAuthority, makeLeaf, type MadeCertificate } from '../testdata/certificates.js';
import { element, replaceField } from '../testdata/der-writer.js';
import { refusal } from '../testdata/refusal.js';
import { loadX509 } from '../dev-ca/x509.js';
import { parseCertificate } from './certificate.js';
import { contextTag, readDer, readInside, type DerValue } from './der.js';

let root: MadeCertificate;
let leaf: MadeCertificate;

const refused = (der: Uint8Array): string => refusal(() => parseCertificate(der, 'IDENTITY_MALFORMED'));

beforeAll(async () => {
  root = await makeAuthority('root', { pathLength: 2 });
  leaf = await makeLeaf(root, { units: ['peer', 'Größe'] });
});

describe('parseCertificate', () => {
  it('reads what Node and @peculiar/x509 read', async () => {
    const x509 = await loadX509();
    for (const { der } of [root, leaf]) {
      const ours = parseCertificate(der, 'INTERNAL');
      const theirs = new x509.X509Certificate(der);
      const nodes = new X509Certificate(der);
      expect(ours.serial).toBe(nodes.serialNumber.toLowerCase().replace(/^0+(?=.)/, ''));
      expect(ours.organisationalUnits).toEqual(theirs.subjectName.getField('OU'));
      expect([ours.commonName]).toEqual(theirs.subjectName.getField('CN'));
      expect(ours.subject).toBe(Buffer.from(theirs.subjectName.toArrayBuffer()).toString('hex'));
      expect(ours.issuer).toBe(Buffer.from(theirs.issuerName.toArrayBuffer()).toString('hex'));
      expect(ours.notBefore).toEqual(theirs.notBefore);
      expect(ours.notAfter).toEqual(theirs.notAfter);
      expect(ours.isCa).toBe(nodes.ca);
      expect(ours.pathLength).toBe(theirs.getExtension(x509.BasicConstraintsExtension)?.pathLength);
      expect(Buffer.from(ours.publicKeyDer)).toEqual(nodes.publicKey.export({ format: 'der', type: 'spki' }));
      expect(ours.isSignedBy(root.publicKey)).toBe(true);
      expect(ours.isSignedBy(leaf.publicKey)).toBe(false);
    }
  });

  it('reads each bit of the key usage', async () => {
    for (const [usage, expected] of [
      [USAGE.digitalSignature, { digitalSignature: true, keyCertSign: false, crlSign: false }],
      [USAGE.keyCertSign, { digitalSignature: false, keyCertSign: true, crlSign: false }],
      [USAGE.crlSign, { digitalSignature: false, keyCertSign: false, crlSign: true }],
      [USAGE.keyEncipherment, { digitalSignature: false, keyCertSign: false, crlSign: false }],
    ] as const) {
      expect(parseCertificate((await makeLeaf(root, { usage })).der, 'INTERNAL').keyUsage).toEqual(expected);
    }
  });

  it('takes no common name from a subject with several, or with one that is too long', async () => {
    const commonName = async (name: string): Promise<string> => parseCertificate((await makeLeaf(root, { name })).der, 'INTERNAL').commonName;
    expect(await commonName('peer0')).toBe('peer0');
    expect(await commonName('x'.repeat(64))).toBe('x'.repeat(64));
    expect(await commonName('x'.repeat(65))).toBe('');
    const subject = [0, 5];
    const doubled = replaceField(leaf.der, subject, (name) => element(0x30, Buffer.concat([0, 0, 1].map((i) => (readInside(readDer(name))[i] as DerValue).raw))));
    expect(parseCertificate(doubled, 'INTERNAL')).toMatchObject({ commonName: '', organisationalUnits: ['peer'] });
  });

  it('refuses keys and signatures of other kinds', async () => {
    expect(refused((await makeLeaf(root, { curve: 'P-384' })).der)).toMatch(/^IDENTITY_MALFORMED: .*P-256/);
    expect(refused((await makeLeaf(root, { hash: 'SHA-384' })).der)).toMatch(/^IDENTITY_MALFORMED: .*ECDSA with SHA-256/);
  });

  it('refuses a certificate whose two signature algorithms differ', () => {
    const sha384 = element(0x30, Buffer.from('06082a8648ce3d040303', 'hex'));
    expect(refused(replaceField(leaf.der, [1], () => sha384))).toMatch(/^IDENTITY_MALFORMED: .*differ/);
  });

  it('refuses other versions than 3', () => {
    const version1 = element(contextTag(0), element(0x02, Buffer.from([0])));
    expect(refused(replaceField(leaf.der, [0, 0], () => version1))).toMatch(/^IDENTITY_MALFORMED: .*version 3/);
    expect(refused(replaceField(leaf.der, [0, 0], () => Buffer.alloc(0)))).toMatch(/^IDENTITY_MALFORMED: .*version 3/);
  });

  it('refuses an extension that occurs twice, and fields after the signature', () => {
    // Path: tbsCertificate, extensions [3], SEQUENCE; its first element twice.
    const twice = replaceField(leaf.der, [0, 7, 0, 0], (extension) => Buffer.concat([extension, extension]));
    expect(refused(twice)).toMatch(/^IDENTITY_MALFORMED: .*occurs twice/);
    const more = replaceField(leaf.der, [2], (signature) => Buffer.concat([signature, element(0x05, Buffer.alloc(0))]));
    expect(refused(more)).toMatch(/^IDENTITY_MALFORMED: .*trailing fields/);
  });

  it('refuses extensions of another shape than the standard’s', () => {
    const octets = (content: Uint8Array): Buffer => element(0x04, content);
    const integer = element(0x02, Buffer.of(0));
    // Path: tbsCertificate, extensions [3], SEQUENCE, the first (basic constraints) or second (key usage), its value.
    expect(refused(replaceField(leaf.der, [0, 7, 0], (raw) => Buffer.concat([raw, raw])))).toMatch(/^IDENTITY_MALFORMED: .*one value expected/);
    expect(refused(replaceField(leaf.der, [0, 7, 0, 0, 2], (raw) => Buffer.concat([raw, raw])))).toMatch(/^IDENTITY_MALFORMED: certificate: extension$/);
    expect(refused(replaceField(leaf.der, [0, 7, 0, 0, 2], () => octets(element(0x30, Buffer.concat([integer, integer])))))).toMatch(/^IDENTITY_MALFORMED: .*basic constraints/);
    expect(refused(replaceField(leaf.der, [0, 7, 0, 1, 2], () => octets(element(0x03, Buffer.of(0)))))).toMatch(/^IDENTITY_MALFORMED: .*key usage/);
  });

  it('reads organisational units of UTF-8 and printable strings only', () => {
    // Path: tbsCertificate, subject, the second name (the first unit), its attribute's value; 0x14 is a TeletexString.
    const teletex = replaceField(leaf.der, [0, 5, 1, 0, 1], () => element(0x14, Buffer.from('peer')));
    expect(parseCertificate(teletex, 'INTERNAL').organisationalUnits).toEqual(['Größe']);
  });

  it('refuses a validity period that is no time', () => {
    const noTime = replaceField(leaf.der, [0, 4, 0], () => element(0x17, Buffer.from('269999000000Z')));
    expect(refused(noTime)).toMatch(/^IDENTITY_MALFORMED: /);
  });

  it('refuses a negative serial number', () => {
    expect(refused(replaceField(leaf.der, [0, 1], () => element(0x02, Buffer.from([0x80]))))).toMatch(/^IDENTITY_MALFORMED: .*integer/);
  });
});
