import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { lengthPrefixed } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';

/** SHA-384, as SGX, TDX and SEV-SNP measurements are at most. */
export const MEASUREMENT_BYTES = 48;

/**
 * Measurement of a process that runs from one bundled file: SHA-384 over the runtime's version and the file. 48 bytes.
 * @param nodeVersion process.version of the process that is measured
 * Throws INVALID_CONFIGURATION when the file cannot be read.
 */
export function measureFile(path: string, nodeVersion: string): Uint8Array {
  let content: Uint8Array;
  try {
    content = readFileSync(path);
  } catch (cause) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `cannot read ${path} to measure it`, { cause });
  }
  return createHash('sha384').update(lengthPrefixed(['selvedge/v1/measurement', nodeVersion, content])).digest();
}
