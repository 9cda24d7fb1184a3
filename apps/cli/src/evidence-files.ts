import { verifyStoredEvidence, type Claims } from '@selvedge/attestation';
import { readInput } from './read-file.js';
import { UsageError } from './usage-error.js';

const PEM_BLOCK = /-----BEGIN (CERTIFICATE|X509 CRL)-----([A-Za-z0-9+/=\s]+)-----END \1-----/g;

/** What --collateral takes. */
export const COLLATERAL_HELP = 'DCAP: the JSON of a PCCS client; SEV-SNP: VCEK or VLEK, ASK or ASVK, ARK, revocation list, as DER or PEM, in this order';

/** Time of a verification: ISO 8601, or now. Throws UsageError. */
export function readTime(at: string | undefined): Date {
  const time = at === undefined ? new Date() : new Date(at);
  if (Number.isNaN(time.getTime())) throw new UsageError(`--at ${at ?? ''}: a time such as 2026-01-31T12:00:00Z is expected`);
  return time;
}

/** Claims of evidence out of files. Throws INVALID_CONFIGURATION, and what verifyStoredEvidence throws. */
export async function readClaims(file: string, options: { readonly collateral: readonly string[]; readonly at: Date; readonly revocation: boolean }): Promise<Claims> {
  const collateral = (await Promise.all(options.collateral.map(readInput))).flatMap(splitPem);
  return verifyStoredEvidence({ quote: await readInput(file), collateral, at: options.at, requireRevocationList: options.revocation });
}

/** Each block of a PEM file; any other file as it is. */
function splitPem(bytes: Uint8Array): Uint8Array[] {
  const blocks = [...Buffer.from(bytes).toString('latin1').matchAll(PEM_BLOCK)].map((block) => new Uint8Array(Buffer.from(block[2] ?? '', 'base64')));
  const isPem = Buffer.from(bytes.subarray(0, 11)).toString('latin1') === '-----BEGIN ';
  return isPem && blocks.length > 0 ? blocks : [bytes];
}
