import { parsePem } from '@selvedge/identity';
import { isPem } from './revocation-file.js';

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of a PEM file, or the one of a DER file. Throws COLLATERAL_MALFORMED. */
export function splitCertificates(content: Uint8Array): Uint8Array[] {
  if (!isPem(content)) return [content];
  return (Buffer.from(content).toString('latin1').match(BLOCK) ?? []).map((block) => parsePem(block, 'CERTIFICATE', 'COLLATERAL_MALFORMED'));
}
