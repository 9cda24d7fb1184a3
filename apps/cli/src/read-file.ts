import { readFile } from 'node:fs/promises';
import { SelvedgeError } from '@selvedge/errors';

/** A file's bytes. Throws INVALID_CONFIGURATION. */
export async function readInput(file: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (cause) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `cannot read ${file}`, { role: 'cli', cause });
  }
}
