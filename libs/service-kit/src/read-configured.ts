import { readFileSync } from 'node:fs';
import { SelvedgeError } from '@selvedge/errors';

/**
 * Reads a file that a configuration names. Throws INVALID_CONFIGURATION, which names it.
 * @param section of the configuration, where that helps to find the setting
 */
export function readConfigured(file: string, section?: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `${section === undefined ? '' : `${section}: `}cannot read ${file}`, { cause });
  }
}
