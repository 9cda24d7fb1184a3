import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import { z } from 'zod';
import { readJsonFile, readPackageJson } from './package-json.js';

/** How a chaincode starts: its program, relative to the tree, and what runs that. The tree's hash covers the program. */
export type StartCommand =
  /** A CommonJS or ES module, with the arguments that come before the peer's address. */
  | { readonly runtime: 'node'; readonly program: string; readonly args: readonly string[] }
  /** An executable that takes Fabric's environment and -peer.address, as the Go shim does. */
  | { readonly runtime: 'binary'; readonly program: string }
  /** A jar with a main class that takes Fabric's environment, as fabric-chaincode-java does. */
  | { readonly runtime: 'java'; readonly program: string };

const PATH = '(?!-)(?!\\.{0,2}/)(?!.*/\\.{0,2}(?:/|$))[A-Za-z0-9._-][A-Za-z0-9._/-]{0,255}';

/** Part of selvedge.json that says how a chaincode other than Node's starts. */
export const runtimeSchema = z.strictObject({
  type: z.enum(['binary', 'java']),
  /** Path of the executable or jar inside the package. */
  program: z.string().regex(new RegExp(`^${PATH}$`), 'is not a path inside the package'),
});

/** A Fabric peer runs `npm start -- --peer.address …`: the script calls the shim's own program, or a module that calls the shim. */
const SHIM_START = /^(?:set -x && )?(?:(?:\.\/)?node_modules\/\.bin\/)?fabric-chaincode-node start$/;
const MODULE_START = new RegExp(`^node (?:\\./)?(${PATH})$`);

const invalid = (message: string): SelvedgeError => new SelvedgeError('PACKAGE_INVALID', message);

/**
 * Reads how the chaincode starts. A package.json makes it Node's; otherwise selvedge.json names the runtime, or the one
 * jar or the one executable at the top of the tree shows it.
 *
 * @throws SelvedgeError PACKAGE_INVALID with what is missing, MANIFEST_INVALID
 */
export async function readStartCommand(directory: string): Promise<StartCommand> {
  const settings = await readJsonFile(directory, 'selvedge.json', z.looseObject({ runtime: runtimeSchema.optional() }));
  if (settings?.runtime !== undefined) return declaredCommand(directory, settings.runtime);
  const packageJson = await readPackageJson(directory);
  if (packageJson === undefined) return detectCommand(directory);
  const script = typeof packageJson.scripts?.start === 'string' ? packageJson.scripts.start.trim().replace(/\s+/g, ' ') : '';
  const module = MODULE_START.exec(script)?.[1];
  if (module !== undefined) return { runtime: 'node', program: await requireFile(directory, module), args: [] };
  if (!SHIM_START.test(script)) throw invalid('scripts.start of package.json must be "fabric-chaincode-node start" or "node <file>", as for a Fabric peer');
  const shim = await readPackageJson(join(directory, 'node_modules', 'fabric-shim'));
  const bin = typeof shim?.bin === 'object' ? shim.bin['fabric-chaincode-node'] : shim?.bin;
  if (bin === undefined) throw invalid('fabric-shim is not among the dependencies of package.json');
  return { runtime: 'node', program: await requireFile(directory, join('node_modules', 'fabric-shim', bin)), args: ['start'] };
}

async function declaredCommand(directory: string, { type, program }: z.infer<typeof runtimeSchema>): Promise<StartCommand> {
  await requireFile(directory, program);
  if (type === 'binary' && !isExecutable(join(directory, program))) throw invalid(`${program} is not executable`);
  return { runtime: type, program };
}

function detectCommand(directory: string): StartCommand {
  const names = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name).sort();
  const jars = names.filter((name) => name.endsWith('.jar'));
  const binaries = names.filter((name) => isExecutable(join(directory, name)) && isElf(join(directory, name)));
  const [jar, binary] = [jars[0], binaries[0]];
  if (jars.length + binaries.length > 1) throw invalid('the package holds several programs; name one as "runtime" in selvedge.json');
  if (jar !== undefined) return { runtime: 'java', program: jar };
  if (binary !== undefined) return { runtime: 'binary', program: binary };
  if (names.includes('go.mod')) throw invalid('there is no executable beside go.mod; build the chaincode first, such as by "go build -o chaincode ."');
  throw invalid('there is no package.json, no executable and no jar at the top of the package');
}

async function requireFile(directory: string, path: string): Promise<string> {
  const isFile = await stat(join(directory, path)).then((found) => found.isFile(), () => false);
  if (!isFile) throw invalid(`${path} is missing`);
  return path;
}

const isExecutable = (file: string): boolean => (statSync(file).mode & 0o111) !== 0;

/** The first four bytes of an executable of Linux (System V ABI, ELF header). */
function isElf(file: string): boolean {
  const descriptor = openSync(file, 'r');
  try {
    const magic = Buffer.alloc(4);
    readSync(descriptor, magic, 0, 4, 0);
    return magic.toString('latin1') === '\u007fELF';
  } finally {
    closeSync(descriptor);
  }
}
