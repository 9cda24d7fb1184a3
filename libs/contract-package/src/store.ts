import { mkdir, opendir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fromHex, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { collectPackage, type CollectedPackage } from './collect.js';
import { hashTree } from './hash-tree.js';
import { PACKAGE_LIMITS, type PackageLimits } from './limits.js';
import { listTree } from './tree.js';

/** Where a package lies in a store: named by its code hash, so it does not matter where it came from. */
export function packagePath(store: string, codeHash: Uint8Array): string {
  if (codeHash.length !== 32) throw new SelvedgeError('PACKAGE_INVALID', 'a code hash has 32 bytes');
  return join(store, toHex(codeHash));
}

/** Packages of a store that are looked at; a store holds a few. */
const MAX_LISTED = 1_024;

/** Code hashes by which packages lie in a store; whether they have them is for whoever loads one to check. Empty when there is no store. */
export async function listPackages(store: string): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  try {
    for await (const { name } of await opendir(store)) {
      if (/^[0-9a-f]{64}$/.test(name)) found.push(fromHex(name));
      if (found.length === MAX_LISTED) break;
    }
  } catch {
    return [];
  }
  return found.sort((a, b) => Buffer.compare(a, b));
}

/**
 * Moves a collected tree into a store under its code hash. A package that is already there stays as it is.
 * @param partial a directory of the same file system, made by makePartial
 */
export async function adoptPackage(partial: string, store: string, codeHash: Uint8Array): Promise<string> {
  const target = packagePath(store, codeHash);
  if (await exists(target)) await rm(partial, { recursive: true, force: true });
  else await moveInto(partial, target);
  return target;
}

/** Makes the store, and names a directory in it that does not exist yet. */
export async function makePartial(store: string): Promise<string> {
  await mkdir(store, { recursive: true });
  return join(store, `.partial-${String(process.pid)}-${process.hrtime.bigint().toString(36)}`);
}

/**
 * Collects a chaincode directory into a store. A package that is already there stays as it is, and so does a directory
 * that is itself a package of the store.
 *
 * @throws as collectPackage
 */
export async function installPackage(directory: string, store: string, limits: PackageLimits = PACKAGE_LIMITS): Promise<CollectedPackage> {
  const stored = await readStored(directory, store, limits);
  if (stored !== undefined) return stored;
  const partial = await makePartial(store);
  const collected = await collectPackage(directory, partial, limits);
  return { ...collected, directory: await adoptPackage(partial, store, collected.codeHash) };
}

/** A package of the store as it lies there; undefined for any other directory. Throws PACKAGE_INVALID when it does not have the hash that it is named by. */
async function readStored(directory: string, store: string, limits: PackageLimits): Promise<CollectedPackage | undefined> {
  const name = basename(directory);
  if (!/^[0-9a-f]{64}$/.test(name) || resolve(dirname(directory)) !== resolve(store) || !(await exists(directory))) return undefined;
  const codeHash = await hashTree(directory, { limits });
  if (toHex(codeHash) !== name) throw new SelvedgeError('PACKAGE_INVALID', `${directory} does not have the code hash that it is named by; remove it and install the package again`);
  const files = await listTree(directory, { limits });
  return { directory, codeHash, files: files.length, bytes: files.reduce((total, { lengthBytes }) => total + lengthBytes, 0) };
}

/** Another process may have installed the same package since it was looked for. */
async function moveInto(partial: string, target: string): Promise<void> {
  try {
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (!(await exists(target))) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
