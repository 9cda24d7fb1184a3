import { realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import { readPackageJson, type PackageJson } from './package-json.js';

/** A dependency as it was found on disk. */
export interface ResolvedPackage {
  /** Name under which it is required. */
  readonly name: string;
  /** Real directory, links resolved, as Node resolves modules. */
  readonly directory: string;
}

/** npm's rules for a name, loosely: no path parts that could lead out of node_modules. */
const NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-zA-Z0-9~_-][a-zA-Z0-9._~-]*$/;

/**
 * Finds the packages that a package needs at run time, by Node's own rule: node_modules of the directory, then of each
 * parent. Optional and peer dependencies count when they are installed.
 *
 * @param top the package that is being collected, for the message
 * @throws SelvedgeError PACKAGE_DEPENDENCY_MISSING, PACKAGE_INVALID for a name that is not a package's
 */
export async function resolveDependencies(directory: string, packageJson: PackageJson, top: string): Promise<ResolvedPackage[]> {
  const required = Object.keys(packageJson.dependencies ?? {});
  const optional = [...Object.keys(packageJson.optionalDependencies ?? {}), ...Object.keys(packageJson.peerDependencies ?? {})];
  const found: ResolvedPackage[] = [];
  for (const name of [...new Set([...required, ...optional])].sort()) {
    if (!NAME.test(name)) throw new SelvedgeError('PACKAGE_INVALID', `${directory}: "${name}" is not a package name`);
    const resolved = await findPackage(directory, name);
    if (resolved !== undefined) found.push({ name, directory: resolved });
    else if (!optional.includes(name)) {
      throw new SelvedgeError('PACKAGE_DEPENDENCY_MISSING', `run "npm install" in ${top} first: ${name}, which ${packageJson.name ?? directory} needs, is not installed`);
    }
  }
  return found;
}

async function findPackage(from: string, name: string): Promise<string | undefined> {
  for (let directory = from; ; directory = dirname(directory)) {
    const candidate = join(directory, 'node_modules', name);
    if (await isDirectory(candidate)) {
      const real = await realpath(candidate);
      if ((await readPackageJson(real)) !== undefined) return real;
    }
    if (dirname(directory) === directory) return undefined;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
