import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';

/** Where a new project gets Selvedge's packages from. */
export interface PackageSource {
  readonly kind: 'checkout' | 'registry';
  /** The checkout's folder. */
  readonly root?: string;
  /** What package.json says of a package. @param project absolute */
  specifier(name: DeveloperPackage, project: string): string;
}

/** Packages that a contract's author works with, and where they lie in a checkout. */
const DEVELOPER_PACKAGES = {
  '@selvedge/cli': 'apps/cli',
  '@selvedge/client': 'roles/client',
  '@selvedge/contract-test': 'testing/contract-test',
} as const;
export type DeveloperPackage = keyof typeof DEVELOPER_PACKAGES;
export const DEVELOPER_PACKAGE_NAMES = Object.keys(DEVELOPER_PACKAGES) as DeveloperPackage[];

/** This command's own folder, wherever its sources, its build or its bundle run. */
export function commandDirectory(): string {
  return dirname(realpathSync(createRequire(import.meta.url).resolve('@selvedge/cli/package.json')));
}

/**
 * A command that runs out of a checkout gives new projects the checkout's packages, by links; one that npm installed gives them the packages
 * of its own version out of the registry.
 *
 * @param command the command's own folder
 */
export function findPackageSource(command: string): PackageSource {
  const root = resolve(command, '../..');
  const isCheckout = resolve(root, DEVELOPER_PACKAGES['@selvedge/cli']) === command && isSelvedgeTree(root);
  if (isCheckout) return { kind: 'checkout', root, specifier: (name, project) => `file:${relative(project, join(root, DEVELOPER_PACKAGES[name]))}` };
  const { version } = JSON.parse(readFileSync(join(command, 'package.json'), 'utf8')) as { readonly version: string };
  return { kind: 'registry', specifier: () => version };
}

function isSelvedgeTree(root: string): boolean {
  const file = join(root, 'package.json');
  if (!existsSync(file)) return false;
  const { name, workspaces } = JSON.parse(readFileSync(file, 'utf8')) as { readonly name?: unknown; readonly workspaces?: unknown };
  return name === 'selvedge' && Array.isArray(workspaces);
}
