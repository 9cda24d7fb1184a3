import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { unpackPackageFile } from '@selvedge/contract-lifecycle';
import { installPackage, listPackages, packagePath } from '@selvedge/contract-package';
import { fromHex, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { fabricLayoutOf } from '../fabric/folder-layout.js';
import { UsageError } from '../usage-error.js';
import type { InstalledPackage } from './contract-network.js';

/** The store of packages of a network's folder; it has the same place on both ledgers. */
export function storeOf(directory: string): string {
  return fabricLayoutOf(resolve(directory)).packages;
}

/**
 * Finds what the command line names: a package file, which is installed first, or the code hash of an installed package,
 * whole or its first eight digits or more. Throws INVALID_CONFIGURATION, PACKAGE_INVALID.
 */
export async function findPackage(argument: string, store: string): Promise<InstalledPackage> {
  if (/^[0-9a-f]{8,64}$/.test(argument)) return findInstalled(argument, store);
  const { directory, codeHash } = await unpackPackageFile(argument, store);
  return { directory, codeHash: fromHex(codeHash) };
}

/** As findPackage; a chaincode's directory is packaged and installed as well. */
export async function findOrPackage(argument: string, store: string): Promise<InstalledPackage> {
  const isDirectory = await stat(argument).then((found) => found.isDirectory(), () => false);
  return isDirectory ? installPackage(argument, store) : findPackage(argument, store);
}

async function findInstalled(prefix: string, store: string): Promise<InstalledPackage> {
  const found = (await listPackages(store)).filter((codeHash) => toHex(codeHash).startsWith(prefix));
  const [first, ...others] = found;
  if (first === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `no package ${prefix} is installed in ${join(store)}; "selvedge contract install" takes a package file`, { role: 'cli' });
  if (others.length > 0) throw new UsageError(`${prefix} is the beginning of several packages' code hashes; give more digits`);
  return { directory: packagePath(store, first), codeHash: first };
}
