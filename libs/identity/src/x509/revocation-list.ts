import { verify, type KeyObject } from 'node:crypto';
import { SelvedgeError } from '@selvedge/errors';
import { DerError, TAG, contextTag, integerHex, readDer, readInside, requireTag, type DerValue } from './der.js';
import { readExtensions } from './extensions.js';

const ECDSA_SHA256 = '300a06082a8648ce3d040302';
const VERSION_2 = '1';

/** A parsed certificate revocation list (RFC 5280 section 5). Nothing is verified yet. */
export interface RevocationList {
  /** Lower-case hex of the issuer's name in DER. */
  readonly issuer: string;
  /** Serial numbers, lower-case hex without leading zeros. */
  readonly serials: ReadonlySet<string>;
  isSignedBy(issuerKey: KeyObject): boolean;
}

/**
 * Parses one DER revocation list. Throws PROFILE_INVALID, also for lists that cover only a part of the issuer's
 * certificates or those of other issuers (delta and indirect lists): taking them for whole would pass revoked ones.
 */
export function parseRevocationList(der: Uint8Array): RevocationList {
  try {
    return read(der);
  } catch (cause) {
    const reason = cause instanceof DerError ? cause.message : 'does not parse';
    throw new SelvedgeError('PROFILE_INVALID', `revocation list: ${reason}`, { cause });
  }
}

/** TBSCertList ::= { version, signature, issuer, thisUpdate, nextUpdate?, revokedCertificates?, [0] crlExtensions? } */
function read(der: Uint8Array): RevocationList {
  const [tbs, algorithm, signature, ...rest] = readInside(requireTag(readDer(der), TAG.sequence));
  if (rest.length > 0) throw new DerError('trailing fields');
  const signed = requireTag(tbs, TAG.sequence);
  const [version, innerAlgorithm, issuer, thisUpdate, ...optional] = readInside(signed);
  if (integerHex(version) !== VERSION_2) throw new DerError('not version 2');
  if (hex(innerAlgorithm) !== ECDSA_SHA256) throw new DerError('not signed by ECDSA with SHA-256');
  if (hex(algorithm) !== ECDSA_SHA256) throw new DerError('signature algorithms differ');
  if (!isTime(thisUpdate)) throw new DerError('thisUpdate');
  if (isTime(optional[0])) optional.shift();
  const revoked = optional[0]?.tag === TAG.sequence ? optional.shift() : undefined;
  const extensions = optional[0]?.tag === contextTag(0) ? optional.shift() : undefined;
  if (optional.length > 0) throw new DerError('unknown field');
  if (extensions !== undefined) refuseCritical(readInside(extensions)[0]);
  const bits = requireTag(signature, TAG.bitString).content;
  if (bits[0] !== 0) throw new DerError('signature');
  return {
    issuer: hex(requireTag(issuer, TAG.sequence)),
    serials: new Set(revoked === undefined ? [] : readInside(revoked).map(readSerial)),
    isSignedBy: (issuerKey) => verify('sha256', signed.raw, issuerKey, bits.subarray(1)),
  };
}

/** RevokedCertificate ::= { userCertificate, revocationDate, crlEntryExtensions? } */
function readSerial(value: DerValue): string {
  const [serial, date, extensions, ...rest] = readInside(requireTag(value, TAG.sequence));
  if (!isTime(date) || rest.length > 0) throw new DerError('revoked certificate');
  if (extensions !== undefined) refuseCritical(extensions);
  return integerHex(serial);
}

function refuseCritical(extensions: DerValue | undefined): void {
  const critical = readExtensions(requireTag(extensions, TAG.sequence)).find((extension) => extension.critical);
  if (critical !== undefined) throw new DerError(`critical extension ${critical.oid}`);
}

function isTime(value: DerValue | undefined): boolean {
  return value?.tag === TAG.utcTime || value?.tag === TAG.generalizedTime;
}

function hex(value: DerValue | undefined): string {
  return value === undefined ? '' : Buffer.from(value.raw).toString('hex');
}
