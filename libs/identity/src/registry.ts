import { isP256SignatureValid, labelledHash, sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { LIMITS, SerializedIdentitySchema, parseMessage, type SerializedIdentity } from '@selvedge/protocol';
import { parseAttributes } from './attributes.js';
import { isRevoked, isValidAt, issuersOf, traceAuthorities, type Authority } from './authorities.js';
import { BoundedCache } from './bounded-cache.js';
import type { Identity, MspRegistry, OrganisationTrust } from './identity.js';
import { applyLedgerLists } from './ledger-lists.js';
import { roleOf } from './roles.js';
import { signerIdOf } from './signer-id.js';
import { parseCertificate, type Certificate } from './x509/certificate.js';
import { parsePem } from './x509/pem.js';

const MAX_ORGANISATIONS = 256;
const MAX_CACHED_IDENTITIES = 1024;
const MAX_VERIFIED_SIGNATURES = 4096;

/** What an organisation's identities are judged by. */
interface Organisation {
  readonly authorities: readonly Authority[];
  /** Why its revocation lists on the ledger cannot be judged. */
  readonly unreadable: string | undefined;
}

interface Traced {
  readonly identity: Identity;
  readonly certificate: Certificate;
  readonly issuers: readonly Authority[];
}

/** Builds the registry of a profile's organisations. Throws PROFILE_INVALID when their certificates or lists do not hold. */
export function createMspRegistry(organisations: readonly OrganisationTrust[]): MspRegistry {
  if (organisations.length > MAX_ORGANISATIONS) throw new SelvedgeError('PROFILE_INVALID', `more than ${String(MAX_ORGANISATIONS)} organisations`);
  const known = new Map<string, Organisation>();
  for (const organisation of organisations) {
    if (known.has(organisation.mspId)) throw new SelvedgeError('PROFILE_INVALID', `${organisation.mspId} is listed twice`);
    const authorities = traceAuthorities(organisation);
    known.set(organisation.mspId, { authorities, unreadable: applyLedgerLists(authorities, organisation.ledgerRevocationLists ?? []) });
  }
  const cache = new BoundedCache<Traced>(MAX_CACHED_IDENTITIES);
  // Owners meet an endorsement twice, when they store packets and at commit: that it verifies does not change.
  const verified = new BoundedCache<true>(MAX_VERIFIED_SIGNATURES);

  const isSignatureValid = ({ publicKey, serialized }: Identity, message: Uint8Array, signature: Uint8Array): boolean => {
    const id = toHex(labelledHash('verified signature', serialized, message, signature));
    if (verified.get(id) === true) return true;
    const isValid = isP256SignatureValid(publicKey, message, signature);
    if (isValid) verified.set(id, true);
    return isValid;
  };

  const trace = (serialized: Uint8Array): Traced => {
    if (serialized.length > LIMITS.maxCreatorBytes) throw new SelvedgeError('IDENTITY_MALFORMED', `identity: ${String(serialized.length)} bytes, at most ${String(LIMITS.maxCreatorBytes)} allowed`);
    const cacheKey = toHex(sha256(serialized));
    const found = cache.get(cacheKey);
    if (found !== undefined) return found;
    // A copy: what came in may be a window on a large message.
    const traced = traceIdentity(Uint8Array.from(serialized), known);
    cache.set(cacheKey, traced);
    return traced;
  };

  const verifyIdentity: MspRegistry['verifyIdentity'] = (serialized, at) => {
    const { identity, certificate, issuers } = trace(serialized);
    if (at !== undefined && !isValidAt(certificate, issuers, at)) throw new SelvedgeError('IDENTITY_EXPIRED', `identity of ${identity.mspId}: outside its validity period`);
    return identity;
  };

  return {
    mspIds: [...known.keys()].sort(),
    verifyIdentity,
    verifySignature: (signed, message, options = {}) => {
      const identity = verifyIdentity(signed.identity, options.at);
      if (options.role !== undefined && identity.role !== options.role) throw new SelvedgeError('IDENTITY_WRONG_ROLE', `identity of ${identity.mspId}: ${identity.role}, ${options.role} expected`);
      if (!isSignatureValid(identity, message, signed.signature)) throw new SelvedgeError('SIGNATURE_INVALID', `signature of ${identity.mspId} does not verify`);
      return identity;
    },
  };
}

function traceIdentity(serialized: Uint8Array, organisations: ReadonlyMap<string, Organisation>): Traced {
  const { mspid, idBytes } = parseSerialized(serialized);
  const organisation = organisations.get(mspid);
  if (organisation === undefined) throw new SelvedgeError('IDENTITY_UNKNOWN_MSP', 'identity of an organisation that the profile does not list');
  const certificate = parseCertificate(parsePem(idBytes, 'CERTIFICATE', 'IDENTITY_MALFORMED'), 'IDENTITY_MALFORMED');
  const refuse = (what: string): SelvedgeError => new SelvedgeError('IDENTITY_UNTRUSTED', `identity of ${mspid}: ${what}`);
  if (certificate.isCa) throw refuse('a CA certificate is no identity');
  if (certificate.keyUsage?.digitalSignature === false) throw refuse('the certificate may not sign (key usage)');
  if (certificate.unknownCritical !== undefined) throw refuse(`critical extension ${certificate.unknownCritical}`);
  const issuers = issuersOf(certificate, organisation.authorities);
  if (issuers.length === 0) throw refuse('not issued by an authority of the organisation');
  verifyNotRevoked(certificate, issuers, mspid, organisation.unreadable);
  const identity: Identity = {
    mspId: mspid,
    role: roleOf(certificate.organisationalUnits),
    certificatePem: Buffer.from(idBytes).toString('latin1'),
    certificateHash: sha256(certificate.der),
    commonName: certificate.commonName,
    attributes: parseAttributes(certificate.fabricAttributes),
    serialized,
    publicKey: certificate.publicKey,
    signerId: signerIdOf(mspid, certificate.publicKeyDer),
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
  };
  return { identity, certificate, issuers };
}

function verifyNotRevoked(certificate: Certificate, issuers: readonly Authority[], mspId: string, unreadable: string | undefined): void {
  const { serial } = certificate;
  const refuse = (what: string): SelvedgeError => new SelvedgeError('IDENTITY_REVOKED', `identity of ${mspId}: ${what}`, { details: { mspId, serial } });
  if (isRevoked(certificate, issuers)) throw refuse(`certificate ${serial}, or the authority that issued it, is on a revocation list`);
  if (unreadable !== undefined) throw refuse(`certificate ${serial} cannot be judged, since a revocation list of the organisation on the ledger cannot be read: ${unreadable}`);
}

function parseSerialized(serialized: Uint8Array): SerializedIdentity {
  try {
    return parseMessage(SerializedIdentitySchema, serialized, LIMITS.maxCreatorBytes);
  } catch (cause) {
    throw new SelvedgeError('IDENTITY_MALFORMED', 'identity: does not parse', { cause });
  }
}
