import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import { readPackageJson } from './package-json.js';
import { readStartCommand } from './start-command.js';

/** Where Node looks for a module that is named without its extension (Node's documentation of CommonJS modules, "All together"). */
const CANDIDATES = ['', '.js', '.json', '/index.js'];

/**
 * Checks that the module is there from which the shim of Node chaincode loads the contracts: a project that nobody has built says so here,
 * and not when its process ends. The shim reads package.json for it, so this says nothing of chaincode that starts otherwise.
 *
 * @throws SelvedgeError PACKAGE_INVALID, and what readStartCommand throws
 */
export async function verifyEntryPoint(directory: string): Promise<void> {
  const start = await readStartCommand(directory);
  if (start.runtime !== 'node' || start.args[0] !== 'start') return;
  const main = (await readPackageJson(directory))?.main;
  if (main === undefined) throw invalid('package.json has no "main", which names the module that exports the contracts, such as dist/index.js');
  for (const candidate of CANDIDATES) if (await isFile(join(directory, `${main}${candidate}`))) return;
  throw invalid(`${main}, which package.json names as "main", is missing: build the chaincode first, such as by "npm run build"`);
}

const invalid = (message: string): SelvedgeError => new SelvedgeError('PACKAGE_INVALID', message);
const isFile = (path: string): Promise<boolean> => stat(path).then((found) => found.isFile(), () => false);
