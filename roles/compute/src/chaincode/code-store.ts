import { chmodSync, constants, copyFileSync, mkdirSync } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { eachInSlices, hashTree, listTree, packagePath, readStartCommand, type StartCommand, type TreeFile } from '@selvedge/contract-package';
import { equalBytes, toHex } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';

/** A package tree that has its approved hash. */
export interface VerifiedTree {
  readonly directory: string;
  readonly start: StartCommand;
}

export interface CodeStore {
  /**
   * Copies the package into the node's own directory at first use, then hashes the copy, each time: what runs is what was
   * hashed, whoever can write to the store.
   *
   * @throws SelvedgeError CONTRACT_CODE_MISSING, CONTRACT_CODE_MISMATCH, PACKAGE_INVALID (it is no Node chaincode)
   */
  verified(codeHash: Uint8Array): Promise<VerifiedTree>;
}

/**
 * Opens the code store of a node.
 *
 * @param packageStore directory of packages by code hash; not trusted
 * @param privateDirectory directory of this node alone, for the copies
 */
export function createCodeStore(packageStore: string, privateDirectory: string): CodeStore {
  const copies = new Map<string, Promise<string>>();

  const copy = (codeHash: Uint8Array): Promise<string> => {
    const id = toHex(codeHash);
    const known = copies.get(id);
    if (known !== undefined) return known;
    const started = copyPackageTree(packagePath(packageStore, codeHash), join(privateDirectory, id));
    copies.set(id, started);
    started.catch(() => copies.delete(id));
    return started;
  };

  return {
    verified: async (codeHash) => {
      const directory = await copy(codeHash);
      try {
        await verifyTree(directory, codeHash);
      } catch (error) {
        // The next request copies again: the store may have been mended.
        copies.delete(toHex(codeHash));
        throw error;
      }
      return { directory, start: await readStartCommand(directory) };
    },
  };
}

/** Throws SelvedgeError CONTRACT_CODE_MISMATCH unless the tree has exactly the approved hash. */
async function verifyTree(directory: string, codeHash: Uint8Array): Promise<void> {
  const actual = await hashOrMismatch(directory);
  if (!equalBytes(actual, codeHash)) throw mismatch();
}

async function hashOrMismatch(directory: string): Promise<Uint8Array> {
  try {
    return await hashTree(directory);
  } catch (error) {
    if (isSelvedgeError(error, 'PACKAGE_INVALID')) throw mismatch(error);
    throw error;
  }
}

const mismatch = (cause?: unknown): SelvedgeError =>
  new SelvedgeError('CONTRACT_CODE_MISMATCH', 'the package in the store does not have the approved hash', { role: 'compute', cause });

async function copyPackageTree(source: string, destination: string): Promise<string> {
  if (!(await isDirectory(source))) throw new SelvedgeError('CONTRACT_CODE_MISSING', 'the approved package is not in the store', { role: 'compute' });
  await rm(destination, { recursive: true, force: true });
  await mkdir(destination, { recursive: true });
  const files = await listOrMismatch(source);
  // Chaincode processes with uids of their own read it, whatever the umask is; the node's own directory around it keeps everyone else away.
  for (const directory of directoriesOf(files)) {
    mkdirSync(join(destination, directory), { recursive: true });
    chmodSync(join(destination, directory), 0o755);
  }
  await eachInSlices(files, (file) => {
    const target = join(destination, file.path);
    copyFileSync(join(source, file.path), target, constants.COPYFILE_FICLONE);
    chmodSync(target, file.executable ? 0o555 : 0o444);
  });
  return destination;
}

/** Every directory of a tree, '.' included, outer ones first. */
function directoriesOf(files: readonly TreeFile[]): string[] {
  const found = new Set<string>(['.']);
  for (const { path } of files) for (let directory = dirname(path); !found.has(directory); directory = dirname(directory)) found.add(directory);
  return [...found].sort((a, b) => a.length - b.length);
}

async function listOrMismatch(source: string): ReturnType<typeof listTree> {
  try {
    return await listTree(source);
  } catch (error) {
    if (isSelvedgeError(error, 'PACKAGE_INVALID')) throw mismatch(error);
    throw error;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
