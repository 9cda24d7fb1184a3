import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { SelvedgeError } from '@selvedge/errors';
import { newestPins, parsePins, printPins, type PinnedNetwork } from '../domain/pins.js';
import type { Pins } from '../ports.js';

/** A profile of the largest size as base64, and epochs. */
const MAX_FILE_BYTES = 2 * 1024 * 1024;

/**
 * Opens a file of pins; one that is not there yet is made with the first network that is verified. Several processes may
 * share it: what is kept is never older than what the file holds.
 * Throws INVALID_CONFIGURATION, PROFILE_INVALID or PROFILE_SIGNATURES_MISSING.
 */
export async function openPins(file: string): Promise<Pins> {
  const kept = await read(file);
  let last: Promise<unknown> = Promise.resolve();
  return {
    kept,
    keep(network) {
      const next = last.then(() => keep(file, network));
      last = next.catch(() => undefined);
      return next;
    },
  };
}

async function keep(file: string, network: PinnedNetwork): Promise<void> {
  const before = await read(file);
  const text = printPins(before === undefined ? network : newestPins(before, network));
  if (before !== undefined && printPins(before) === text) return;
  const fresh = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    const handle = await open(fresh, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(fresh, file);
  } catch (cause) {
    await rm(fresh, { force: true });
    throw new SelvedgeError('INVALID_CONFIGURATION', `cannot write the pins ${file}`, { role: 'client', cause });
  }
}

async function read(file: string): Promise<PinnedNetwork | undefined> {
  let text: string;
  try {
    if ((await stat(file)).size > MAX_FILE_BYTES) throw new SelvedgeError('INVALID_CONFIGURATION', `${file}: too large for pins`, { role: 'client' });
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    if (cause instanceof SelvedgeError) throw cause;
    throw new SelvedgeError('INVALID_CONFIGURATION', `cannot read the pins ${file}`, { role: 'client', cause });
  }
  return parsePins(text);
}
