import { readFileSync, realpathSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { fromHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';

/**
 * Reads the unlock secret: a file of 64 hexadecimal digits (32 bytes). It must lie apart from what it unlocks, so that
 * a copy of the store, or of the directory around it, does not hold both. Symbolic links are followed first.
 * @param storeDirectory exists
 * Throws INVALID_CONFIGURATION.
 */
export function readUnlockSecret(file: string, storeDirectory: string): Uint8Array {
  const store = realPath(storeDirectory);
  const secret = realPath(file);
  if (secret.startsWith(store + sep)) throw refuse('the unlock secret lies inside the store directory; keep it elsewhere');
  if (dirname(secret) === dirname(store)) throw refuse('the unlock secret lies beside the store directory; keep it elsewhere');
  const text = readFileSync(secret, 'latin1').trim();
  if (!/^[0-9a-fA-F]{64}$/.test(text)) throw refuse('the unlock secret file: 64 hexadecimal digits expected');
  return fromHex(text);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `${path}: cannot be opened`, { cause });
  }
}

function refuse(what: string): SelvedgeError {
  return new SelvedgeError('INVALID_CONFIGURATION', what);
}
