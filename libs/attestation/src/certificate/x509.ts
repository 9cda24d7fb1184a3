import { X509Certificate } from 'node:crypto';
import { equalBytes } from '@selvedge/crypto';
import { oid, readElements, TAG, type DerElement } from './der.js';
import { OID } from './oids.js';

/** Parses DER; undefined when it does not parse, has no readable key, or carries anything beside the one certificate. */
export function parseCertificate(der: Uint8Array): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(der);
    // Node reads the key only when it is asked for, and throws then. Trailing bytes and PEM are refused: one certificate has one
    // encoding here.
    if (certificate.publicKey.type !== 'public') return undefined;
    return equalBytes(certificate.raw, der) ? certificate : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the issuer is a certificate authority of that name whose key signed the certificate. */
export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    if (!issuer.ca) return false;
    if (!certificate.checkIssued(issuer)) return false;
    return certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

/** Whether the time is within the certificate's validity period, both ends included (RFC 5280 section 4.1.2.5). */
export function isWithinValidity(certificate: X509Certificate, at: Date): boolean {
  return at.getTime() >= Date.parse(certificate.validFrom) && at.getTime() <= Date.parse(certificate.validTo);
}

/**
 * Value of a certificate's extension; undefined unless it is there exactly once.
 * Throws RangeError when the certificate is not DER.
 */
export function extensionValue(certificate: X509Certificate, id: string): Uint8Array | undefined {
  const wanted = oid(id);
  const values = extensionsOf(certificate)
    .map((extension) => readElements(extension.content))
    .filter(([type]) => type !== undefined && equalBytes(type.raw, wanted))
    .map((fields) => fields.at(-1))
    .filter((value) => value?.tag === TAG.octetString);
  return values.length === 1 ? values[0]?.content : undefined;
}

const CRL_SIGN = 0x02;

/** Whether an authority's key usage, where it says any, admits signing revocation lists (RFC 5280 section 6.3.3 (f)). Throws RangeError. */
export function maySignRevocationLists(certificate: X509Certificate): boolean {
  const value = extensionValue(certificate, OID.keyUsage);
  if (value === undefined) return true;
  const [bits] = readElements(value);
  return bits?.tag === TAG.bitString && ((bits.content[1] ?? 0) & CRL_SIGN) !== 0;
}

/** The subject's Name exactly as the certificate has it: names are compared byte by byte. Throws RangeError. */
export function subjectName(certificate: X509Certificate): Uint8Array {
  const [outer] = readElements(certificate.raw);
  const [toBeSigned] = readElements(outer?.content ?? new Uint8Array(0));
  const subject = readElements(toBeSigned?.content ?? new Uint8Array(0))[5];
  if (subject?.tag !== TAG.sequence) throw new RangeError('certificate without a subject');
  return subject.raw;
}

function extensionsOf(certificate: X509Certificate): DerElement[] {
  const [outer] = readElements(certificate.raw);
  const [toBeSigned] = outer === undefined ? [] : readElements(outer.content);
  const wrapper = toBeSigned === undefined ? undefined : readElements(toBeSigned.content).find((field) => field.tag === TAG.context3);
  const [list] = wrapper === undefined ? [] : readElements(wrapper.content);
  return list === undefined ? [] : readElements(list.content);
}
