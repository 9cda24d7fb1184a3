import { createHash, randomBytes, type KeyObject, type X509Certificate } from 'node:crypto';
import { signP256 } from '@selvedge/crypto';
import { bitString, oid, positiveInteger, TAG, time, tlv } from './der.js';
import { OID } from './oids.js';
import { subjectName } from './x509.js';

export interface CertificateInput {
  readonly subject: { readonly commonName: string; readonly organization: string };
  /** SubjectPublicKeyInfo. */
  readonly subjectPublicKeyDer: Uint8Array;
  readonly issuer: 'self' | X509Certificate;
  /** P-256. */
  readonly issuerKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly isCa: boolean;
  /** Of a CA: how many CAs may follow below. Default 0. */
  readonly pathLength?: number;
  /** Of a CA: may it sign revocation lists too? Default false. */
  readonly maySignLists?: boolean;
  readonly extensions?: readonly { readonly id: string; readonly value: Uint8Array }[];
}

const TRUE = tlv(TAG.boolean, Buffer.of(0xff));
const ECDSA_SHA256 = tlv(TAG.sequence, oid(OID.ecdsaWithSha256));
const SERIAL_BYTES = 16;
const CONTEXT_PRIMITIVE_0 = 0x80;

/** Builds and signs an X.509 version 3 certificate (RFC 5280 section 4.1). DER. */
export function buildCertificate(input: CertificateInput): Uint8Array {
  const subject = encodeName(input.subject);
  const issuer = input.issuer === 'self' ? subject : subjectName(input.issuer);
  const issuerKeyDer = input.issuer === 'self' ? input.subjectPublicKeyDer : input.issuer.publicKey.export({ format: 'der', type: 'spki' });
  const extensions = [
    extension(OID.basicConstraints, input.isCa ? tlv(TAG.sequence, TRUE, positiveInteger(Buffer.of(input.pathLength ?? 0))) : tlv(TAG.sequence), true),
    // Named bits: digitalSignature 0, keyCertSign 5, cRLSign 6 (section 4.2.1.3).
    extension(OID.keyUsage, tlv(TAG.bitString, keyUsage(input)), true),
    extension(OID.subjectKeyIdentifier, tlv(TAG.octetString, keyIdentifier(input.subjectPublicKeyDer)), false),
    extension(OID.authorityKeyIdentifier, tlv(TAG.sequence, tlv(CONTEXT_PRIMITIVE_0, keyIdentifier(issuerKeyDer))), false),
    ...(input.extensions ?? []).map(({ id, value }) => extension(id, value, false)),
  ];
  const toBeSigned = tlv(
    TAG.sequence,
    tlv(TAG.context0, positiveInteger(Buffer.of(2))),
    positiveInteger(randomBytes(SERIAL_BYTES)),
    ECDSA_SHA256,
    issuer,
    tlv(TAG.sequence, time(input.notBefore), time(input.notAfter)),
    subject,
    input.subjectPublicKeyDer,
    tlv(TAG.context3, tlv(TAG.sequence, ...extensions)),
  );
  return tlv(TAG.sequence, toBeSigned, ECDSA_SHA256, bitString(signP256(input.issuerKey, toBeSigned)));
}

/** PEM (RFC 7468) of a DER certificate. */
export function pemOfCertificate(der: Uint8Array): string {
  const lines = Buffer.from(der).toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function keyUsage({ isCa, maySignLists }: CertificateInput): Buffer {
  if (!isCa) return Buffer.of(7, 0x80);
  return maySignLists === true ? Buffer.of(1, 0x86) : Buffer.of(2, 0x84);
}

function encodeName(name: CertificateInput['subject']): Buffer {
  const attribute = (type: string, value: string): Buffer => tlv(TAG.set, tlv(TAG.sequence, oid(type), tlv(TAG.utf8String, Buffer.from(value, 'utf8'))));
  return tlv(TAG.sequence, attribute(OID.organization, name.organization), attribute(OID.commonName, name.commonName));
}

function extension(id: string, value: Uint8Array, critical: boolean): Buffer {
  return tlv(TAG.sequence, oid(id), ...(critical ? [TRUE] : []), tlv(TAG.octetString, value));
}

/** RFC 7093 section 2, method 1 in spirit: the leftmost 160 bits of SHA-256, here over the whole SubjectPublicKeyInfo. */
function keyIdentifier(publicKeyDer: Uint8Array): Uint8Array {
  return createHash('sha256').update(publicKeyDer).digest().subarray(0, 20);
}
