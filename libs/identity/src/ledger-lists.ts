import { isSelvedgeError, SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { signersOf, traceAuthorities, type Authority } from './authorities.js';
import type { OrganisationTrust } from './identity.js';
import { parseRevocationList, type RevocationList } from './x509/revocation-list.js';

/** A revocation list by an authority of its organisation. */
export interface VerifiedRevocationList {
  readonly der: Uint8Array;
  /** Lower-case hex of the issuer's name in DER. */
  readonly issuer: string;
  readonly thisUpdate: Date;
}

/**
 * Adds lists that the ledger holds to the authorities that signed them. One that none of them signed concerns no certificate that
 * they issued, and is left out, as Fabric does: a channel's configuration may name an authority before the profile does.
 * One that does not parse might revoke anything: the result says why, and the organisation's identities are refused until it is replaced.
 */
export function applyLedgerLists(authorities: readonly Authority[], lists: readonly Uint8Array[]): string | undefined {
  let unreadable: string | undefined;
  for (const der of lists) {
    const list = parseOr(der, (why) => (unreadable ??= why));
    if (list === undefined) continue;
    for (const issuer of signersOf(list, authorities)) for (const serial of list.serials) issuer.revokedSerials.add(serial);
  }
  return unreadable;
}

function parseOr(der: Uint8Array, note: (why: string) => void): RevocationList | undefined {
  try {
    return parseRevocationList(der, 'PROFILE_INVALID');
  } catch (error) {
    if (!isSelvedgeError(error)) throw error;
    note(error.message);
    return undefined;
  }
}

/** Lists that an organisation wants to record: whole ones, each by an authority of its own that may sign them. Throws the given code. */
export function verifyRevocationLists(trust: OrganisationTrust, lists: readonly Uint8Array[], code: RefusalCode): VerifiedRevocationList[] {
  const authorities = traceAuthorities({ ...trust, revocationLists: [] });
  return lists.map((der) => {
    const list = parseRevocationList(der, code);
    const issuers = signersOf(list, authorities);
    if (issuers.length === 0) throw new SelvedgeError(code, `${trust.mspId}: a revocation list is not signed by an authority of the organisation`);
    if (issuers.some(({ certificate }) => certificate.keyUsage?.crlSign === false)) throw new SelvedgeError(code, `${trust.mspId}: a CA certificate may not sign revocation lists (key usage)`);
    return { der, issuer: list.issuer, thisUpdate: list.thisUpdate };
  });
}
