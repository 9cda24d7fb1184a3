import { X509Certificate, type KeyObject } from 'node:crypto';
import { SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { LIMITS } from '@selvedge/protocol';
import { DerError, TAG, contextTag, integerHex, readDer, readInside, requireTag, type DerValue } from './der.js';
import { readCertificateExtensions, readExtensions, type CertificateExtensions } from './extensions.js';

/** ecdsa-with-SHA256 (RFC 5758 section 3.2), as AlgorithmIdentifier DER: no parameters. */
const ECDSA_SHA256 = '300a06082a8648ce3d040302';
const OID_ORGANISATIONAL_UNIT = '55040b';
const OID_COMMON_NAME = '550403';
const VERSION_3 = '2';
const MAX_COMMON_NAME_CHARACTERS = 64;

/** A parsed X.509 v3 certificate with a P-256 key, signed by ECDSA with SHA-256. Nothing is verified yet. */
export interface Certificate extends CertificateExtensions {
  readonly der: Uint8Array;
  readonly publicKey: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKeyDer: Uint8Array;
  /** Lower-case hex without leading zeros. */
  readonly serial: string;
  /** Distinguished names as lower-case hex of their DER: names are compared byte by byte. */
  readonly issuer: string;
  readonly subject: string;
  readonly organisationalUnits: readonly string[];
  /** Of the subject; empty: none, one that is too long (RFC 5280, appendix A.1), or several, of which it could be either. */
  readonly commonName: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  isSignedBy(issuerKey: KeyObject): boolean;
}

/** Parses one DER certificate of untrusted origin. Throws the given code. */
export function parseCertificate(der: Uint8Array, code: RefusalCode): Certificate {
  if (der.length > LIMITS.maxCertificateBytes) throw new SelvedgeError(code, `certificate: ${String(der.length)} bytes, at most ${String(LIMITS.maxCertificateBytes)} allowed`);
  try {
    return read(der);
  } catch (cause) {
    const reason = cause instanceof DerError ? cause.message : 'not X.509';
    throw new SelvedgeError(code, `certificate: ${reason}`, { cause });
  }
}

function read(der: Uint8Array): Certificate {
  const [tbs, algorithm, , ...rest] = readInside(requireTag(readDer(der), TAG.sequence));
  if (rest.length > 0) throw new DerError('trailing fields');
  const fields = readInside(requireTag(tbs, TAG.sequence));
  const [version, serial, innerAlgorithm, issuer, , subject, spki, ...optional] = fields;
  if (version?.tag !== contextTag(0) || integerHex(readInside(version)[0]) !== VERSION_3) throw new DerError('not version 3');
  if (hex(innerAlgorithm?.raw) !== ECDSA_SHA256) throw new DerError('not signed by ECDSA with SHA-256');
  if (hex(algorithm?.raw) !== ECDSA_SHA256) throw new DerError('signature algorithms differ');
  const extensions = optional.find((field) => field.tag === contextTag(3));
  const meaning = readCertificateExtensions(extensions === undefined ? [] : readExtensions(onlyChild(extensions)));
  // OpenSSL's own parser comes last: what reaches it is well-formed DER.
  const x509 = new X509Certificate(der);
  const { publicKey } = x509;
  if (publicKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new DerError('not a P-256 key');
  return {
    der,
    publicKey,
    publicKeyDer: requireTag(spki, TAG.sequence).raw,
    serial: integerHex(serial),
    issuer: hex(requireTag(issuer, TAG.sequence).raw),
    subject: hex(requireTag(subject, TAG.sequence).raw),
    organisationalUnits: readTexts(subject as DerValue, OID_ORGANISATIONAL_UNIT),
    commonName: onlyText(readTexts(subject as DerValue, OID_COMMON_NAME)),
    notBefore: readDate(x509.validFrom),
    notAfter: readDate(x509.validTo),
    ...meaning,
    isSignedBy: (issuerKey) => x509.verify(issuerKey),
  };
}

function onlyChild(value: DerValue): DerValue {
  const [child, ...rest] = readInside(value);
  if (child === undefined || rest.length > 0) throw new DerError('one value expected');
  return child;
}

function onlyText(texts: readonly string[]): string {
  const [text = '', ...others] = texts;
  return others.length === 0 && text.length <= MAX_COMMON_NAME_CHARACTERS ? text : '';
}

/** Values of one type. Name ::= SEQUENCE OF SET OF SEQUENCE { type, value } */
function readTexts(name: DerValue, oid: string): string[] {
  const attributes = readInside(name).flatMap((rdn) => readInside(requireTag(rdn, TAG.set)));
  return attributes.flatMap((attribute) => {
    const [type, value] = readInside(requireTag(attribute, TAG.sequence));
    if (hex(requireTag(type, TAG.oid).content) !== oid) return [];
    if (value?.tag !== TAG.utf8String && value?.tag !== TAG.printableString) return [];
    return [Buffer.from(value.content).toString('utf8')];
  });
}

function readDate(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw new DerError('validity period');
  return date;
}

function hex(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes).toString('hex');
}
