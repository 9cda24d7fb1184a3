import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { BROKER_STATE_FILE } from '@selvedge/attestation/process';
import { SelvedgeError } from '@selvedge/errors';
import { LIMITS } from '@selvedge/protocol';
import { createStoreCipher, SALT_BYTES } from '../domain/store-cipher.js';
import type { StoreLock } from '../domain/unlock-secret.js';
import type { BrokerState, Checkpoint, StateStore } from '../ports.js';
import { writeFileAtomically } from './atomic-file.js';
import { decodeState, encodeState } from './state-encoding.js';

/**
 * File: magic (8) | length of the slots (4, big-endian) | UnlockSlots | salt (32) | AES-256-GCM of the state with its tag.
 * The salt gives every write a key of its own; all that comes before the ciphertext is associated data.
 */
const MAGIC = Buffer.from('SLVKBS02', 'latin1');
const LENGTH_BYTES = 4;
const LABEL = 'broker/store';

interface SealedFile {
  readonly header: Uint8Array;
  readonly slots: Uint8Array;
  readonly salt: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** UnlockSlots bytes of the store in a directory: unverified until it opens. undefined: there is none. Throws UNLOCK_FAILED. */
export function readStoreSlots(directory: string): Uint8Array | undefined {
  const path = join(directory, BROKER_STATE_FILE);
  return existsSync(path) ? parseFile(readFileSync(path)).slots : undefined;
}

/** A store as it was read, at once: lock and state belong together. */
export interface ReadStore {
  readonly state: BrokerState;
  readonly lock: StoreLock;
}

/**
 * Opens the store of a directory. undefined: there is none. Throws UNLOCK_FAILED, and what secretOf throws.
 * @param secretOf gives the unlock secret, by UnlockSlots bytes that nothing vouches for until the store opens
 */
export function readEncryptedStore(directory: string, secretOf: (slots: Uint8Array) => Uint8Array): ReadStore | undefined {
  const path = join(directory, BROKER_STATE_FILE);
  if (!existsSync(path)) return undefined;
  const { header, slots, salt, ciphertext } = parseFile(readFileSync(path));
  const secret = secretOf(slots);
  try {
    return { state: decodeState(createStoreCipher(secret, LABEL).open(salt, header, ciphertext)), lock: { secret, slots } };
  } catch {
    throw refusal();
  }
}

/**
 * Writes the broker's state to one encrypted file of the directory, which is made when missing.
 * @param lock its slots go in front of what is saved
 */
export function openEncryptedStore(directory: string, lock: StoreLock, checkpoint: Checkpoint): StateStore {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, BROKER_STATE_FILE);
  return {
    save(state) {
      const salt = randomBytes(SALT_BYTES);
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32BE(lock.slots.length);
      const header = Buffer.concat([MAGIC, length, lock.slots, salt]);
      const sealed = createStoreCipher(lock.secret, LABEL).seal(salt, header, encodeState(state));
      writeFileAtomically(path, Buffer.concat([header, sealed]), checkpoint);
    },
  };
}

function parseFile(content: Buffer): SealedFile {
  const slotsAt = MAGIC.length + LENGTH_BYTES;
  if (content.length < slotsAt || Buffer.compare(content.subarray(0, MAGIC.length), MAGIC) !== 0) throw refusal();
  const saltAt = slotsAt + content.readUInt32BE(MAGIC.length);
  const sealedAt = saltAt + SALT_BYTES;
  if (saltAt - slotsAt > LIMITS.maxFactBytes || sealedAt > content.length) throw refusal();
  return { header: content.subarray(0, sealedAt), slots: content.subarray(slotsAt, saltAt), salt: content.subarray(saltAt, sealedAt), ciphertext: content.subarray(sealedAt) };
}

/** A wrong secret and a changed file look alike, and the cause may hold parts of either. */
function refusal(): SelvedgeError {
  return new SelvedgeError('UNLOCK_FAILED', 'the key broker’s store does not open: wrong shares, or the file was changed');
}
