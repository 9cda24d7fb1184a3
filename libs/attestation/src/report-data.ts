import { createHash } from 'node:crypto';
import { labelledHash, lengthPrefixed } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { requireLength, type Evidence } from '@selvedge/protocol';
import type { ReportDataInput } from './types.js';

const LABEL = 'selvedge/v1/report data';
export const NONCE_BYTES = 32;
const DIGEST_BYTES = 32;

/**
 * The report data of evidence: SHA-512 over label, role and everything bound (DESIGN 9). 64 bytes.
 * Throws MALFORMED_MESSAGE when a part has the wrong length or is empty: an empty part would bind nothing.
 */
export function computeReportData(input: ReportDataInput): Uint8Array {
  requireLength('nonce', input.nonce, NONCE_BYTES);
  requireLength('profile digest', input.profileDigest, DIGEST_BYTES);
  requireLength('statement digest', input.statementDigest, DIGEST_BYTES);
  if (input.ephemeralKey.length === 0) throw new SelvedgeError('MALFORMED_MESSAGE', 'ephemeral key: empty');
  if (input.signingKey.length === 0) throw new SelvedgeError('MALFORMED_MESSAGE', 'signing key: empty');
  const parts = [LABEL, input.role, input.nonce, input.ephemeralKey, input.signingKey, input.profileDigest, input.statementDigest];
  return createHash('sha512').update(lengthPrefixed(parts)).digest();
}

/** Identifies one piece of evidence, in certificates and audit entries. 32 bytes. */
export function evidenceDigest(evidence: Evidence): Uint8Array {
  return labelledHash('evidence', evidence.teeType, evidence.quote, evidence.collateral.length, ...evidence.collateral);
}
