import { chmodSync, copyFileSync, mkdirSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { mkdir, realpath, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import { hashTree } from './hash-tree.js';
import { PACKAGE_LIMITS, type PackageLimits } from './limits.js';
import { readPackageJson } from './package-json.js';
import { placePackages } from './placement.js';
import { resolveDependencies } from './resolve.js';
import { eachInSlices } from './slices.js';

/** Not part of what runs: other trees, secrets that lie about, and files that differ from build to build. */
const IGNORED = new Set(['node_modules', '.git', '.hg', '.svn', '.npmrc', '.env', '.selvedge', '.DS_Store', '.nyc_output', 'coverage', 'npm-debug.log']);
const isIgnored = (name: string): boolean => IGNORED.has(name) || name.endsWith('.tsbuildinfo');

/** A collected package: a self-contained tree. */
export interface CollectedPackage {
  readonly directory: string;
  /** hashTree of the directory, 32 bytes. */
  readonly codeHash: Uint8Array;
  readonly files: number;
  readonly bytes: number;
}

interface Tally {
  files: number;
  bytes: number;
}

const invalid = (message: string): SelvedgeError => new SelvedgeError('PACKAGE_INVALID', message);

/**
 * Copies a chaincode directory and its production dependencies, found as Node finds them, into a tree that runs by
 * itself. The same input gives the same tree and hash. Links to files inside the same package become files.
 *
 * @param destination a directory that does not exist yet
 * @throws SelvedgeError PACKAGE_DEPENDENCY_MISSING, MANIFEST_INVALID, PACKAGE_INVALID (a link that leads
 * out of its package or to a directory, a device file, a tree beyond the limits)
 */
export async function collectPackage(directory: string, destination: string, limits: PackageLimits = PACKAGE_LIMITS): Promise<CollectedPackage> {
  const top = await realDirectory(directory);
  const placements = await placePackages(top, async (source) => {
    const packageJson = await readPackageJson(source);
    // Chaincode in another language brings what it needs in its program.
    if (packageJson === undefined) return [];
    return resolveDependencies(source, packageJson, directory);
  });
  await mkdir(destination, { recursive: false });
  try {
    const tally: Tally = { files: 0, bytes: 0 };
    for (const placement of placements) {
      await copyPackage(placement.source, join(destination, placement.destination), tally, limits);
    }
    return { directory: destination, codeHash: await hashTree(destination, { limits }), ...tally };
  } catch (error) {
    await rm(destination, { recursive: true, force: true });
    throw error;
  }
}

async function realDirectory(directory: string): Promise<string> {
  try {
    return await realpath(directory);
  } catch (error) {
    throw new SelvedgeError('PACKAGE_INVALID', `${directory} is not a directory that can be read`, { cause: error });
  }
}

async function copyPackage(source: string, destination: string, tally: Tally, limits: PackageLimits): Promise<void> {
  const copyDirectory = async (from: string, to: string, depth: number): Promise<void> => {
    if (depth > limits.maxDepth) throw invalid(`${from} is deeper than ${String(limits.maxDepth)} directories`);
    mkdirSync(to, { recursive: true });
    const entries = readdirSync(from, { withFileTypes: true }).filter((entry) => !isIgnored(entry.name));
    await eachInSlices(entries.filter((entry) => !entry.isDirectory()), (entry) => {
      copyOneFile(resolveFile(join(from, entry.name), source), join(to, entry.name), tally, limits);
    });
    for (const { name } of entries.filter((entry) => entry.isDirectory())) await copyDirectory(join(from, name), join(to, name), depth + 1);
  };
  await copyDirectory(source, destination, 0);
}

/** The real path of a file, or of what a link inside the package points at. */
function resolveFile(path: string, packageDirectory: string): string {
  let real: string;
  try {
    real = realpathSync.native(path);
  } catch (error) {
    throw new SelvedgeError('PACKAGE_INVALID', `${path} is a link to nothing`, { cause: error });
  }
  if (!real.startsWith(packageDirectory + sep)) throw invalid(`${path} is a link that leads out of its package`);
  if (real.slice(packageDirectory.length).split(sep).some(isIgnored)) throw invalid(`${path} is a link to a file that is left out`);
  return real;
}

function copyOneFile(from: string, to: string, tally: Tally, limits: PackageLimits): void {
  const stat = statSync(from);
  if (!stat.isFile()) throw invalid(`${from} is not a regular file`);
  tally.files += 1;
  tally.bytes += stat.size;
  if (tally.files > limits.maxFiles) throw invalid(`the package and its dependencies have more than ${String(limits.maxFiles)} files`);
  if (tally.bytes > limits.maxBytes) throw invalid(`the package and its dependencies are larger than ${String(limits.maxBytes)} bytes`);
  copyFileSync(from, to);
  chmodSync(to, (stat.mode & 0o111) === 0 ? 0o644 : 0o755);
}
