import { SelvedgeError } from '@selvedge/errors';
import { parsePem } from '@selvedge/identity';
import { parseRevocationList } from '@selvedge/identity/x509';
import type { CollateralFiles } from './files.js';

const PEM_START = '-----BEGIN ';

/**
 * A revocation list out of a file, DER or PEM, as DER. Its signature is for the verifier.
 * Throws COLLATERAL_CRL_MISSING, COLLATERAL_CRL_EXPIRED, COLLATERAL_MALFORMED, all naming the file.
 */
export function readRevocationFile(files: CollateralFiles, file: string, at: Date): Uint8Array {
  const content = files.read(file);
  if (content === undefined) throw new SelvedgeError('COLLATERAL_CRL_MISSING', `${file} is not in the folder of collateral`, { details: { file } });
  const der = isPem(content) ? parsePem(content, 'X509 CRL', 'COLLATERAL_MALFORMED') : content;
  const { nextUpdate } = parseRevocationList(der, 'COLLATERAL_MALFORMED');
  if (nextUpdate !== undefined && at > nextUpdate) throw new SelvedgeError('COLLATERAL_CRL_EXPIRED', `${file} expired at ${nextUpdate.toISOString()}`, { details: { file } });
  return der;
}

/** Whether a file is PEM, by its beginning. */
export function isPem(content: Uint8Array): boolean {
  return Buffer.from(content.subarray(0, PEM_START.length)).toString('latin1') === PEM_START;
}
