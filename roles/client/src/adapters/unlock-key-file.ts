import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UNLOCK_SUITE } from '@selvedge/policy';
import { fromHex, toHex, type KemKeyPair } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';

const PUBLIC_KEY = /^[0-9a-f]{130}$/;
const PRIVATE_KEY = /^[0-9a-f]{64}$/;

/** Makes an organisation's unlock key in a file that its owner alone can read, unless it is there. Resolves with the key pair. */
export async function ensureUnlockKey(file: string): Promise<KemKeyPair> {
  const { publicKey, privateKey } = UNLOCK_SUITE.generateKemKeyPair();
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    // wx: a key that shares are sealed to is never written over.
    await writeFile(file, `${JSON.stringify({ publicKey: toHex(publicKey), privateKey: toHex(privateKey) })}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw new SelvedgeError('INVALID_CONFIGURATION', `cannot write ${file}`, { role: 'cli', cause: error });
  }
  return readUnlockKey(file);
}

/** Reads what ensureUnlockKey wrote. Throws INVALID_CONFIGURATION; what the file holds stays out of the text and the cause. */
export async function readUnlockKey(file: string): Promise<KemKeyPair> {
  const stored = await readFields(file);
  const { publicKey, privateKey } = stored ?? {};
  if (typeof publicKey === 'string' && PUBLIC_KEY.test(publicKey) && typeof privateKey === 'string' && PRIVATE_KEY.test(privateKey)) {
    return { publicKey: fromHex(publicKey), privateKey: fromHex(privateKey) };
  }
  throw new SelvedgeError('INVALID_CONFIGURATION', `${file}: not an unlock key`, { role: 'cli' });
}

async function readFields(file: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `cannot read ${file}`, { role: 'cli', cause });
  }
  try {
    return (JSON.parse(text) as Record<string, unknown> | null) ?? undefined;
  } catch {
    return undefined;
  }
}
