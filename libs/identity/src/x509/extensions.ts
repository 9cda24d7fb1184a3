import { DerError, TAG, booleanValue, integerHex, readDer, readInside, requireTag, type DerValue } from './der.js';

/** Object identifiers as the hex of their DER content (RFC 5280 section 4.2.1, appendix A). */
const OID = { basicConstraints: '551d13', keyUsage: '551d0f', extendedKeyUsage: '551d25', subjectAlternativeName: '551d11', fabricAttributes: '2a03040506070801' } as const;

/** Critical extensions that a certificate may have: those this package heeds, or that limit nothing it is used for. */
const KNOWN_CRITICAL: ReadonlySet<string> = new Set([OID.basicConstraints, OID.keyUsage, OID.extendedKeyUsage, OID.subjectAlternativeName]);

/** What the extensions say of a certificate. */
export interface CertificateExtensions {
  readonly isCa: boolean;
  /** How many CA certificates may follow below; undefined: not limited. */
  readonly pathLength: number | undefined;
  /** undefined: no key usage extension, so any use. */
  readonly keyUsage: KeyUsage | undefined;
  /** Fabric CA's attributes (OID 1.2.3.4.5.6.7.8.1): the JSON as it stands, not parsed yet; undefined: none. */
  readonly fabricAttributes: Uint8Array | undefined;
  /** A critical extension that is not understood, so that the certificate must be refused (RFC 5280 section 4.2). */
  readonly unknownCritical: string | undefined;
}

export interface KeyUsage {
  readonly digitalSignature: boolean;
  readonly keyCertSign: boolean;
  readonly crlSign: boolean;
}

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Uint8Array;
}

/** Reads Extensions ::= SEQUENCE OF Extension. Throws DerError, also on an extension that occurs twice. */
export function readExtensions(sequence: DerValue): Extension[] {
  const extensions = readInside(requireTag(sequence, TAG.sequence)).map(readExtension);
  if (new Set(extensions.map((extension) => extension.oid)).size !== extensions.length) throw new DerError('an extension occurs twice');
  return extensions;
}

function readExtension(value: DerValue): Extension {
  const parts = readInside(requireTag(value, TAG.sequence));
  if (parts.length < 2 || parts.length > 3) throw new DerError('extension');
  const oid = Buffer.from(requireTag(parts[0], TAG.oid).content).toString('hex');
  const critical = parts.length === 3 && booleanValue(parts[1] as DerValue);
  return { oid, critical, value: requireTag(parts.at(-1), TAG.octetString).content };
}

/** Reads what matters of a certificate's extensions. Throws DerError. */
export function readCertificateExtensions(extensions: readonly Extension[]): CertificateExtensions {
  const find = (oid: string): Uint8Array | undefined => extensions.find((extension) => extension.oid === oid)?.value;
  const constraints = find(OID.basicConstraints);
  const usage = find(OID.keyUsage);
  return {
    ...(constraints === undefined ? { isCa: false, pathLength: undefined } : readBasicConstraints(constraints)),
    keyUsage: usage === undefined ? undefined : readKeyUsage(usage),
    fabricAttributes: find(OID.fabricAttributes),
    unknownCritical: extensions.find((extension) => extension.critical && !KNOWN_CRITICAL.has(extension.oid))?.oid,
  };
}

function readBasicConstraints(bytes: Uint8Array): { isCa: boolean; pathLength: number | undefined } {
  const parts = readInside(requireTag(readDer(bytes), TAG.sequence));
  const isCa = parts[0]?.tag === TAG.boolean && booleanValue(parts[0]);
  const rest = parts[0]?.tag === TAG.boolean ? parts.slice(1) : parts;
  if (rest.length > 1) throw new DerError('basic constraints');
  return { isCa, pathLength: rest[0] === undefined ? undefined : parseInt(integerHex(rest[0]), 16) };
}

function readKeyUsage(bytes: Uint8Array): KeyUsage {
  const { content } = requireTag(readDer(bytes), TAG.bitString);
  if (content.length < 2) throw new DerError('key usage');
  // Bit 0 is the highest of the first byte after the count of unused bits (RFC 5280 section 4.2.1.3).
  const bits = content[1] as number;
  return { digitalSignature: (bits & 0x80) !== 0, keyCertSign: (bits & 0x04) !== 0, crlSign: (bits & 0x02) !== 0 };
}
