import { basename, resolve } from 'node:path';
import { UsageError } from '../usage-error.js';

/** A contract's name that npm takes too. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** A project's name: the one given, or that of its folder. Throws UsageError for one that cannot be a contract's and a package's. */
export function projectName(directory: string, given: string | undefined): string {
  const name = given ?? basename(resolve(directory)).toLowerCase();
  if (NAME.test(name)) return name;
  const wanted = 'lower-case letters, digits, "_" and "-", 64 at most';
  throw new UsageError(given === undefined ? `the folder's name ${name} cannot be a contract's; give one by --name: ${wanted}` : `--name ${name}: ${wanted} are expected`);
}
