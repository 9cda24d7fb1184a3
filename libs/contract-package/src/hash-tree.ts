import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { labelledHash, type Part } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { eachInSlices } from './slices.js';
import { listTree, type TreeFile, type WalkOptions } from './tree.js';

const CHUNK_BYTES = 256 * 1024;

/**
 * The code hash: a labelled SHA-256 over every file's path, executable bit, length and SHA-256, in the order of the
 * paths' bytes. Times, owners, other mode bits and empty directories do not count. Files are read in chunks.
 *
 * @returns 32 bytes
 * @throws SelvedgeError PACKAGE_INVALID when the tree holds anything but directories and regular files
 */
export async function hashTree(directory: string, options: WalkOptions = {}): Promise<Uint8Array> {
  const files = await listTree(directory, options);
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  const parts: Part[] = [files.length];
  await eachInSlices(files, (file) => {
    parts.push(file.path, file.executable ? 1 : 0, file.lengthBytes, hashFile(directory, file, buffer));
  });
  return labelledHash('contract-package/tree', ...parts);
}

function hashFile(directory: string, file: TreeFile, buffer: Buffer): Uint8Array {
  const descriptor = openFile(join(directory, file.path), file.path);
  try {
    const hash = createHash('sha256');
    let total = 0;
    for (;;) {
      const bytesRead = readSync(descriptor, buffer, 0, buffer.length, null);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      total += bytesRead;
    }
    if (total !== file.lengthBytes) throw new SelvedgeError('PACKAGE_INVALID', `${file.path} changed while it was read`);
    return hash.digest();
  } finally {
    closeSync(descriptor);
  }
}

/** Opens without following a link, or waiting on a pipe, that took the file's place since it was listed. */
function openFile(absolutePath: string, path: string): number {
  try {
    return openSync(absolutePath, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw new SelvedgeError('PACKAGE_INVALID', `${path} cannot be read as a regular file`, { cause: error });
  }
}
