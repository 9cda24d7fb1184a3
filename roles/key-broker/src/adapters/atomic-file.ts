import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncDirectory } from '@selvedge/attestation/process';
import type { Checkpoint } from '../ports.js';

/** Replaces a file so that after a crash at any moment either the old or the new content is there. Durable when it returns. */
export function writeFileAtomically(path: string, content: Uint8Array, checkpoint: Checkpoint): void {
  const temporary = `${path}.new`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    for (let at = 0; at < content.length; ) at += writeSync(file, content, at);
    checkpoint('key-broker.state.before-sync');
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  checkpoint('key-broker.state.before-rename');
  renameSync(temporary, path);
  checkpoint('key-broker.state.before-directory-sync');
  syncDirectory(dirname(path));
  checkpoint('key-broker.state.after-sync');
}
