import { randomBytes } from 'node:crypto';
import { linkSync, openSync, closeSync, fsyncSync, mkdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { deriveKey, suiteByName, type KemKeyPair } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';

/** The HPKE key pairs that copies for this organisation are sealed to, for each suite. Secret. */
export interface OwnerKeyPairs {
  /** The present one, which is recorded on the ledger. Throws UNKNOWN_SUITE. */
  keyPair(suite: string): KemKeyPair;
  /** The present one and those before it, which copies may still be sealed to. Throws UNKNOWN_SUITE. */
  keyPairs(suite: string): readonly KemKeyPair[];
}

const SEED_BYTES = 32;
/** Rights of a file's group and of all others. */
const FOR_OTHERS = 0o077;

/** Key pairs from seeds of 32 bytes. @param former those of keys before the present one */
export function createOwnerKeyPairs(seed: Uint8Array, former: readonly Uint8Array[] = []): OwnerKeyPairs {
  const derived = new Map<string, readonly KemKeyPair[]>();
  const keyPairs = (name: string): readonly KemKeyPair[] => {
    const suite = suiteByName(name);
    const pairs = derived.get(name) ?? [seed, ...former].map((each) => suite.deriveKemKeyPair(deriveKey(each, 'owner key pair', [name])));
    derived.set(name, pairs);
    return pairs;
  };
  return { keyPairs, keyPair: (name) => keyPairs(name)[0] as KemKeyPair };
}

/**
 * Reads the seeds' file (64 hexadecimal digits a line, the present one first), or makes it with one, for its owner alone and on disk before
 * anything is sealed to it. Nodes of one organisation share one file's content. Throws INVALID_CONFIGURATION for a file that holds something else, or that others may read or change.
 */
export function openOwnerKeyPairs(file: string): OwnerKeyPairs {
  const [seed, ...former] = readSeeds(file) ?? [makeSeed(file)];
  return createOwnerKeyPairs(seed as Uint8Array, former);
}

function readSeeds(file: string): readonly Uint8Array[] | undefined {
  let text: string;
  let mode: number;
  try {
    text = readFileSync(file, 'latin1').trim();
    ({ mode } = statSync(file));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SelvedgeError('INVALID_CONFIGURATION', `${file}: cannot be read`, { cause });
  }
  // Whoever reads it opens every copy that this organisation was ever given.
  if ((mode & FOR_OTHERS) !== 0) throw new SelvedgeError('INVALID_CONFIGURATION', `${file}: others than its owner may read or change it (mode ${(mode & 0o777).toString(8)}); 600 expected`);
  if (!/^[0-9a-f]{64}(?:\r?\n[0-9a-f]{64})*$/.test(text)) throw new SelvedgeError('INVALID_CONFIGURATION', `${file}: lines of 64 hexadecimal digits expected`);
  return text.split(/\r?\n/).map((line) => Buffer.from(line, 'hex'));
}

function makeSeed(file: string): Uint8Array {
  const seed = randomBytes(SEED_BYTES);
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${String(process.pid)}`;
  rmSync(draft, { force: true });
  writeSynced(draft, `${seed.toString('hex')}\n`);
  try {
    // Fails where another process was faster: its seed counts.
    linkSync(draft, file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  } finally {
    rmSync(draft, { force: true });
  }
  syncFolder(path.dirname(file));
  return readSeeds(file)?.[0] ?? seed;
}

function writeSynced(file: string, text: string): void {
  const handle = openSync(file, 'wx', 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
