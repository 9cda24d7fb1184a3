import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { generateP256, toHex } from '@selvedge/crypto';
import { buildCertificate } from './build.js';
import { oid, positiveInteger, readElements, TAG, time, tlv } from './der.js';
import { OID } from './oids.js';
import { extensionValue } from './x509.js';

describe('DER', () => {
  it('encodes object identifiers with arcs of any size', () => {
    expect(toHex(oid('1.2.840.10045.4.3.2'))).toBe('06082a8648ce3d040302');
    // X.667's own example: f81d4fae-7dec-11d0-a765-00a0c91e6bf6.
    expect(toHex(oid('2.25.329800735698586629295641978511506172918'))).toBe('06146983f09da7ebcfdee0c7a1a7b2c0948cc8f9d776');
  });

  it('encodes integers without leading zeros and never negative', () => {
    expect(toHex(positiveInteger(Buffer.of(0, 0, 0x7f)))).toBe('02017f');
    expect(toHex(positiveInteger(Buffer.of(0x80)))).toBe('02020080');
    expect(toHex(positiveInteger(Buffer.of(0)))).toBe('020100');
  });

  it('encodes times before and after 2050', () => {
    expect(time(new Date('2049-12-31T23:59:59Z')).toString('latin1')).toBe('\x17\x0d491231235959Z');
    expect(time(new Date('2050-01-01T00:00:00Z')).toString('latin1')).toBe('\x18\x0f20500101000000Z');
  });

  it('reads back what it wrote, at every length of length', () => {
    for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
      const [element, ...more] = readElements(tlv(TAG.octetString, new Uint8Array(length)));
      expect(more).toHaveLength(0);
      expect(element?.content).toHaveLength(length);
    }
  });

  it.each(['0480', '048100', '04810141', '0482000141', '0402aa', '04', '04840000000141', '0485'])('refuses %s', (hex) => {
    expect(() => readElements(Buffer.from(hex, 'hex'))).toThrow(RangeError);
  });

  it('throws RangeError or reads all bytes, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          expect(toHex(Buffer.concat(readElements(bytes).map((element) => element.raw)))).toBe(toHex(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});

describe('a certificate as OpenSSL reads it', () => {
  const keys = generateP256();
  const der = buildCertificate({
    subject: { commonName: 'größe', organization: 'Österreich' },
    subjectPublicKeyDer: keys.publicKeyDer,
    issuer: 'self',
    issuerKey: keys.privateKey,
    notBefore: new Date('2026-01-02T03:04:05Z'),
    notAfter: new Date('2061-01-02T03:04:05Z'),
    isCa: true,
    extensions: [{ id: OID.teeBinding, value: Buffer.from('x') }],
  });
  const certificate = new X509Certificate(der);

  it('has its names, times, key usage and extension', () => {
    expect(certificate.subject).toBe('O=Österreich\nCN=größe');
    expect(certificate.ca).toBe(true);
    expect(new Date(certificate.validFrom).toISOString()).toBe('2026-01-02T03:04:05.000Z');
    expect(new Date(certificate.validTo).toISOString()).toBe('2061-01-02T03:04:05.000Z');
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(Buffer.from(extensionValue(certificate, OID.teeBinding) ?? []).toString()).toBe('x');
    expect(extensionValue(certificate, '2.25.1')).toBeUndefined();
  });
});
