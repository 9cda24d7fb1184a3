import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { deriveKey, suiteByName } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Checkpoint, StateStore } from '../ports.js';
import { writeFileAtomically } from './atomic-file.js';
import { decodeState, encodeState } from './state-encoding.js';

/** File: magic (8) | salt (32) | AES-256-GCM of the state with its tag. The salt gives every write a key of its own. */
const MAGIC = Buffer.from('SLVKBS01', 'latin1');
const SALT_BYTES = 32;
const HEADER_BYTES = MAGIC.length + SALT_BYTES;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
export const STATE_FILE = 'state.sealed';

// The store's own cipher does not depend on the network's suites; the default one's AEAD is AES-256-GCM.
const AEAD = suiteByName('P256-AES256GCM-SHA256');

/**
 * The broker's state in one encrypted file of the directory, which is made when missing.
 * @param unlockSecret 32 bytes of full entropy, so HKDF suffices
 */
export function openEncryptedStore(directory: string, unlockSecret: Uint8Array, checkpoint: Checkpoint): StateStore {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, STATE_FILE);
  return {
    load() {
      if (!existsSync(path)) return undefined;
      const content = readFileSync(path);
      try {
        const header = content.subarray(0, HEADER_BYTES);
        if (Buffer.compare(header.subarray(0, MAGIC.length), MAGIC) !== 0) throw new RangeError('not a state file');
        const { key, nonce } = deriveFileKey(unlockSecret, header.subarray(MAGIC.length));
        return decodeState(AEAD.aeadOpen(key, nonce, header, content.subarray(HEADER_BYTES)));
      } catch {
        // A wrong secret and a changed file look alike, and the cause may hold parts of either.
        throw new SelvedgeError('UNLOCK_FAILED', 'the key broker’s store does not open: wrong unlock secret, or the file was changed');
      }
    },
    save(state) {
      const salt = randomBytes(SALT_BYTES);
      const header = Buffer.concat([MAGIC, salt]);
      const { key, nonce } = deriveFileKey(unlockSecret, salt);
      const sealed = AEAD.aeadSeal(key, nonce, header, encodeState(state));
      writeFileAtomically(path, Buffer.concat([header, sealed]), checkpoint);
    },
  };
}

function deriveFileKey(unlockSecret: Uint8Array, salt: Uint8Array): { key: Uint8Array; nonce: Uint8Array } {
  const material = deriveKey(unlockSecret, 'broker/store', [salt], KEY_BYTES + NONCE_BYTES);
  return { key: material.subarray(0, KEY_BYTES), nonce: material.subarray(KEY_BYTES) };
}
