import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import { readPackageJson } from './package-json.js';

/** How a Node chaincode starts, as paths inside its tree. */
export interface StartCommand {
  /** The shim's command-line program, relative to the tree. */
  readonly program: string;
}

/** A Fabric peer runs `npm start -- --peer.address …`, so the script must hand over to the shim's own program. */
const START = /^(?:set -x && )?(?:(?:\.\/)?node_modules\/\.bin\/)?fabric-chaincode-node start$/;

/**
 * Reads how the chaincode starts. Only what Fabric's Node chaincodes have is understood: a start script that calls
 * fabric-chaincode-node, and fabric-shim among the dependencies.
 *
 * @throws SelvedgeError PACKAGE_INVALID with what is missing
 */
export async function readStartCommand(directory: string): Promise<StartCommand> {
  const packageJson = await readPackageJson(directory);
  if (packageJson === undefined) throw new SelvedgeError('PACKAGE_INVALID', 'only Node chaincode runs so far, and there is no package.json');
  const script = packageJson.scripts?.start;
  if (typeof script !== 'string' || !START.test(script.trim().replace(/\s+/g, ' '))) {
    throw new SelvedgeError('PACKAGE_INVALID', 'scripts.start of package.json must be "fabric-chaincode-node start", as for a Fabric peer');
  }
  const shim = await readPackageJson(join(directory, 'node_modules', 'fabric-shim'));
  const bin = typeof shim?.bin === 'object' ? shim.bin['fabric-chaincode-node'] : shim?.bin;
  if (bin === undefined) throw new SelvedgeError('PACKAGE_INVALID', 'fabric-shim is not among the dependencies of package.json');
  const program = join('node_modules', 'fabric-shim', bin);
  if (!(await isFile(join(directory, program)))) throw new SelvedgeError('PACKAGE_INVALID', `${program} is missing`);
  return { program };
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
