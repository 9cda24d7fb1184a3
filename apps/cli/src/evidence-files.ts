import { statSync } from 'node:fs';
import { createCollateralFolder, readEvidence, verifyStoredEvidence, type Claims } from '@selvedge/attestation';
import { readInput } from './read-file.js';
import { UsageError } from './usage-error.js';

const PEM_BLOCK = /-----BEGIN (CERTIFICATE|X509 CRL)-----([A-Za-z0-9+/=\s]+)-----END \1-----/g;

/** What --collateral takes. */
export const COLLATERAL_HELP = 'DCAP: the JSON of a PCCS client; SEV-SNP: VCEK or VLEK, ASK or ASVK, ARK, revocation list, as DER or PEM, in this order; or a folder of collateral for any of them';

/** Time of a verification: ISO 8601, or now. Throws UsageError. */
export function readTime(at: string | undefined): Date {
  const time = at === undefined ? new Date() : new Date(at);
  if (Number.isNaN(time.getTime())) throw new UsageError(`--at ${at ?? ''}: a time such as 2026-01-31T12:00:00Z is expected`);
  return time;
}

/** Claims of evidence out of files. Throws INVALID_CONFIGURATION, and what verifyStoredEvidence throws. */
export async function readClaims(file: string, options: { readonly collateral: readonly string[]; readonly at: Date; readonly revocation: boolean }): Promise<Claims> {
  const quote = await readInput(file);
  return verifyStoredEvidence({ quote, collateral: await readCollateral(quote, options), at: options.at, requireRevocationList: options.revocation });
}

async function readCollateral(quote: Uint8Array, { collateral, at }: { readonly collateral: readonly string[]; readonly at: Date }): Promise<Uint8Array[]> {
  const [folder] = collateral;
  if (folder === undefined || !isFolder(folder)) return (await Promise.all(collateral.map(readInput))).flatMap(splitPem);
  if (collateral.length > 1) throw new UsageError('--collateral: one folder, or files');
  return createCollateralFolder(folder).collateralOf(readEvidence(quote).teeType, quote, { at });
}

function isFolder(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Each block of a PEM file; any other file as it is. */
function splitPem(bytes: Uint8Array): Uint8Array[] {
  const blocks = [...Buffer.from(bytes).toString('latin1').matchAll(PEM_BLOCK)].map((block) => new Uint8Array(Buffer.from(block[2] ?? '', 'base64')));
  const isPem = Buffer.from(bytes.subarray(0, 11)).toString('latin1') === '-----BEGIN ';
  return isPem && blocks.length > 0 ? blocks : [bytes];
}
