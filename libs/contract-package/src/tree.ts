import { lstatSync, readdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { join } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import { PACKAGE_LIMITS, type PackageLimits } from './limits.js';

/** A file of a package tree. */
export interface TreeFile {
  /** Path inside the tree, with '/' between its parts. */
  readonly path: string;
  readonly executable: boolean;
  readonly lengthBytes: number;
}

export interface WalkOptions {
  readonly limits?: PackageLimits;
  /** Names of entries to leave out, at any depth. */
  readonly isIgnored?: (name: string) => boolean;
}

const invalid = (message: string): SelvedgeError => new SelvedgeError('PACKAGE_INVALID', message);

/** Order of the paths' UTF-8 bytes, which is the same everywhere. */
export const comparePaths = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/**
 * Lists the regular files below a directory in the order of their paths' bytes. Nothing but directories and regular
 * files is allowed: a link could lead to code that the hash does not cover.
 *
 * @throws SelvedgeError PACKAGE_INVALID for a link, a device, an unusable name, or a tree beyond the limits
 */
export async function listTree(root: string, options: WalkOptions = {}): Promise<TreeFile[]> {
  const limits = options.limits ?? PACKAGE_LIMITS;
  const files: TreeFile[] = [];
  let totalBytes = 0;

  const add = (path: string): void => {
    const stat = lstatSync(join(root, path));
    if (!stat.isFile()) throw invalid(`${path} is not a regular file`);
    totalBytes += stat.size;
    files.push({ path, executable: (stat.mode & 0o111) !== 0, lengthBytes: stat.size });
    if (files.length > limits.maxFiles) throw invalid(`the package has more than ${String(limits.maxFiles)} files`);
    if (totalBytes > limits.maxBytes) throw invalid(`the package is larger than ${String(limits.maxBytes)} bytes`);
  };

  const walk = async (directory: string, depth: number): Promise<void> => {
    if (depth > limits.maxDepth) throw invalid(`${directory} is deeper than ${String(limits.maxDepth)} directories`);
    await nextTurn();
    for (const entry of readdirSync(join(root, directory), { withFileTypes: true })) {
      if (options.isIgnored?.(entry.name) === true) continue;
      const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
      requireUsableName(entry.name, path, limits);
      if (entry.isDirectory()) await walk(path, depth + 1);
      else add(path);
    }
  };
  await walk('', 0);
  return files.sort((a, b) => comparePaths(a.path, b.path));
}

/** U+FFFD stands for bytes that are not UTF-8; a backslash or control character means something else elsewhere. */
function requireUsableName(name: string, path: string, limits: PackageLimits): void {
  if (/[\u0000-\u001f\u007f\\\ufffd]/u.test(name)) throw invalid('a file name holds a control character, a backslash or bytes that are not UTF-8');
  if (Buffer.byteLength(path) > limits.maxPathBytes) throw invalid(`a path is longer than ${String(limits.maxPathBytes)} bytes`);
}
