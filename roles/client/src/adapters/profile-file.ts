import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import { parseConnectionProfile, type ConnectionProfile } from '../domain/connection-profile.js';

/** Reads a connection profile (network.json); its signedProfile path comes back absolute. Throws INVALID_CONFIGURATION. */
export async function loadConnectionProfile(file: string): Promise<ConnectionProfile> {
  const profile = parseConnectionProfile(parseJson(file, (await read(file)).toString('utf8')));
  return { ...profile, signedProfile: resolve(dirname(file), profile.signedProfile) };
}

/** Reads the SignedProfile bytes that a connection profile names. Throws INVALID_CONFIGURATION. */
export async function loadSignedProfile(profile: ConnectionProfile): Promise<Uint8Array> {
  return new Uint8Array(await read(profile.signedProfile));
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `cannot read ${file}`, { role: 'client', cause });
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `${file}: not JSON`, { role: 'client', cause });
  }
}
