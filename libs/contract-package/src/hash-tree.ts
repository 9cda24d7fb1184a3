import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { labelledHash, type Part } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { mapConcurrently } from './concurrency.js';
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
  const contents = await mapConcurrently(files, (file) => hashFile(directory, file));
  const parts: Part[] = [files.length];
  for (const [index, file] of files.entries()) {
    parts.push(file.path, file.executable ? 1 : 0, file.lengthBytes, contents[index] ?? new Uint8Array(0));
  }
  return labelledHash('contract-package/tree', ...parts);
}

async function hashFile(directory: string, file: TreeFile): Promise<Uint8Array> {
  const handle = await openRegularFile(join(directory, file.path), file.path);
  try {
    // One byte more than listed, so that a file which has grown is noticed.
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, file.lengthBytes + 1));
    const hash = createHash('sha256');
    let total = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      total += bytesRead;
    }
    if (total !== file.lengthBytes) throw new SelvedgeError('PACKAGE_INVALID', `${file.path} changed while it was read`);
    return hash.digest();
  } finally {
    await handle.close();
  }
}

/** Opens without following a link that took the file's place since it was listed. */
async function openRegularFile(absolutePath: string, path: string): ReturnType<typeof open> {
  try {
    return await open(absolutePath, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    throw new SelvedgeError('PACKAGE_INVALID', `${path} cannot be read as a regular file`, { cause: error });
  }
}
