import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { collectPackage, type CollectedPackage } from './collect.js';
import { PACKAGE_LIMITS, type PackageLimits } from './limits.js';

/** Where a package lies in a store: named by its code hash, so it does not matter where it came from. */
export function packagePath(store: string, codeHash: Uint8Array): string {
  if (codeHash.length !== 32) throw new SelvedgeError('PACKAGE_INVALID', 'a code hash has 32 bytes');
  return join(store, toHex(codeHash));
}

/**
 * Collects a chaincode directory into a store. A package that is already there stays as it is.
 *
 * @throws as collectPackage
 */
export async function installPackage(directory: string, store: string, limits: PackageLimits = PACKAGE_LIMITS): Promise<CollectedPackage> {
  await mkdir(store, { recursive: true });
  const partial = join(store, `.partial-${String(process.pid)}-${process.hrtime.bigint().toString(36)}`);
  const collected = await collectPackage(directory, partial, limits);
  const target = packagePath(store, collected.codeHash);
  if (await exists(target)) await rm(partial, { recursive: true, force: true });
  else await moveInto(partial, target);
  return { ...collected, directory: target };
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
