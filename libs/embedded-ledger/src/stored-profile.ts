import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { facts, verifySignedProfile, type Profile } from '@selvedge/policy';
import type { LedgerTables } from './adapters/ledger-tables.js';

/**
 * The profile that a store's ledger holds; undefined when it has none yet. Throws PROFILE_MISMATCH when the store was
 * begun under another trust anchor.
 */
export function readStoredProfile(tables: LedgerTables, anchor: Profile): Profile | undefined {
  if (tables.height === 0n) return undefined;
  const begunUnder = tables.anchor;
  if (begunUnder === undefined || !equalBytes(begunUnder, anchor.digest)) {
    throw new SelvedgeError('PROFILE_MISMATCH', 'the store was begun under another network profile than the trusted one');
  }
  const signed = tables.fact(facts.profile);
  return signed && verifySignedProfile(signed);
}
