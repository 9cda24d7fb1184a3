import { constants, verify, type KeyObject } from 'node:crypto';
import { SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { DerError, TAG, contextTag, integerHex, readDer, readInside, requireTag, type DerValue } from './der.js';
import { readExtensions } from './extensions.js';

type IsSigned = (message: Uint8Array, key: KeyObject, signature: Uint8Array) => boolean;

const isSignedByEcdsa: IsSigned = (message, key, signature) => verify('sha256', message, key, signature);
const isSignedByRsaPss: IsSigned = (message, key, signature) => verify('sha384', message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 }, signature);

/**
 * By AlgorithmIdentifier DER, hex: ecdsa-with-SHA256 (RFC 5758 section 3.2), and RSASSA-PSS with SHA-384 throughout and a salt of
 * 48 bytes (RFC 4055 section 3.1) with the hash's NULL parameters or without, as AMD writes it with the default trailer field too.
 */
const ALGORITHMS: ReadonlyMap<string, IsSigned> = new Map<string, IsSigned>([
  ['300a06082a8648ce3d040302', isSignedByEcdsa],
  ['303d06092a864886f70d01010a3030a00d300b0609608648016503040202a11a301806092a864886f70d010108300b0609608648016503040202a203020130', isSignedByRsaPss],
  ['304106092a864886f70d01010a3034a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130', isSignedByRsaPss],
  ['304606092a864886f70d01010a3039a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130a303020101', isSignedByRsaPss],
]);
const VERSION_2 = '1';

/** A parsed certificate revocation list (RFC 5280 section 5). Nothing is verified yet. */
export interface RevocationList {
  /** Lower-case hex of the issuer's name in DER. */
  readonly issuer: string;
  /** Serial numbers, lower-case hex without leading zeros. */
  readonly serials: ReadonlySet<string>;
  readonly thisUpdate: Date;
  /** undefined: the list does not say when the next one comes. */
  readonly nextUpdate: Date | undefined;
  isSignedBy(issuerKey: KeyObject): boolean;
}

/**
 * Parses one DER revocation list of untrusted origin. Throws the given code, also for lists that cover only a part of the issuer's
 * certificates or those of other issuers (delta and indirect lists): taking them for whole would pass revoked ones.
 */
export function parseRevocationList(der: Uint8Array, code: RefusalCode): RevocationList {
  try {
    return read(der);
  } catch (cause) {
    const reason = cause instanceof DerError ? cause.message : 'does not parse';
    throw new SelvedgeError(code, `revocation list: ${reason}`, { cause });
  }
}

/** TBSCertList ::= { version, signature, issuer, thisUpdate, nextUpdate?, revokedCertificates?, [0] crlExtensions? } */
function read(der: Uint8Array): RevocationList {
  const [tbs, algorithm, signature, ...rest] = readInside(requireTag(readDer(der), TAG.sequence));
  if (rest.length > 0) throw new DerError('trailing fields');
  const signed = requireTag(tbs, TAG.sequence);
  const [version, innerAlgorithm, issuer, thisUpdate, ...optional] = readInside(signed);
  if (integerHex(version) !== VERSION_2) throw new DerError('not version 2');
  const isSigned = ALGORITHMS.get(hex(innerAlgorithm));
  if (isSigned === undefined) throw new DerError('not signed by ECDSA with SHA-256 or RSASSA-PSS with SHA-384');
  if (hex(algorithm) !== hex(innerAlgorithm)) throw new DerError('signature algorithms differ');
  const nextUpdate = isTime(optional[0]) ? optional.shift() : undefined;
  const revoked = optional[0]?.tag === TAG.sequence ? optional.shift() : undefined;
  const extensions = optional[0]?.tag === contextTag(0) ? optional.shift() : undefined;
  if (optional.length > 0) throw new DerError('unknown field');
  if (extensions !== undefined) refuseCritical(readInside(extensions)[0]);
  const bits = requireTag(signature, TAG.bitString).content;
  if (bits[0] !== 0) throw new DerError('signature');
  return {
    issuer: hex(requireTag(issuer, TAG.sequence)),
    serials: new Set(revoked === undefined ? [] : readInside(revoked).map(readSerial)),
    thisUpdate: readTime(thisUpdate),
    nextUpdate: nextUpdate === undefined ? undefined : readTime(nextUpdate),
    isSignedBy: (issuerKey) => isSigned(signed.raw, issuerKey, bits.subarray(1)),
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

/** UTCTime of 1950 to 2049, or GeneralizedTime, both to the second and in UTC (RFC 5280 section 4.1.2.5). Throws DerError. */
function readTime(value: DerValue | undefined): Date {
  const text = isTime(value) ? Buffer.from((value as DerValue).content).toString('latin1') : '';
  const parts = (value?.tag === TAG.utcTime ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/).exec(text);
  const [year = '', month = '', day = '', hour = '', minute = '', second = ''] = parts?.slice(1) ?? [];
  const century = year.length === 4 ? '' : Number(year) < 50 ? '20' : '19';
  const date = new Date(`${century}${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(date.getTime())) throw new DerError('time');
  return date;
}

function isTime(value: DerValue | undefined): boolean {
  return value?.tag === TAG.utcTime || value?.tag === TAG.generalizedTime;
}

function hex(value: DerValue | undefined): string {
  return value === undefined ? '' : Buffer.from(value.raw).toString('hex');
}
