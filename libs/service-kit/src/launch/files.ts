import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';

/** A certificate with its private key, PEM. */
export interface KeyPairPem {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

const CERTIFICATE = 'cert.pem';
const PRIVATE_KEY = 'key.pem';

/** Writes a file and the folders above it; readers see the old content or the new one, never a part. */
export async function writeWhole(file: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const partial = `${file}.partial-${String(process.pid)}`;
  await writeFile(partial, content, { mode });
  await rename(partial, file);
}

export function writeJson(file: string, value: unknown): Promise<void> {
  return writeWhole(file, `${JSON.stringify(value, undefined, 2)}\n`);
}

/** Reads JSON that this package wrote; undefined when the file is not there. Throws INVALID_CONFIGURATION when it is broken. */
export async function readJson(file: string): Promise<unknown> {
  const text = await readIfPresent(file);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text.toString('utf8')) as unknown;
  } catch (cause) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `${file}: not JSON`, { role: 'cli', cause });
  }
}

export async function readIfPresent(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SelvedgeError('INVALID_CONFIGURATION', `cannot read ${file}`, { role: 'cli', cause: error });
  }
}

/** Writes cert.pem and key.pem; the key is readable by its owner alone. */
export async function writeKeyPair(directory: string, pair: KeyPairPem): Promise<void> {
  await writeWhole(join(directory, CERTIFICATE), pair.certificatePem);
  await writeWhole(join(directory, PRIVATE_KEY), pair.privateKeyPem, 0o600);
}

/** Reads what writeKeyPair wrote; undefined when it is not there. */
export async function readKeyPair(directory: string): Promise<KeyPairPem | undefined> {
  const [certificate, key] = [await readIfPresent(join(directory, CERTIFICATE)), await readIfPresent(join(directory, PRIVATE_KEY))];
  if (certificate === undefined || key === undefined) return undefined;
  return { certificatePem: certificate.toString('utf8'), privateKeyPem: key.toString('utf8') };
}

/** Paths of a key pair's files. */
export function keyPairFiles(directory: string): { readonly certificateFile: string; readonly privateKeyFile: string } {
  return { certificateFile: join(directory, CERTIFICATE), privateKeyFile: join(directory, PRIVATE_KEY) };
}
