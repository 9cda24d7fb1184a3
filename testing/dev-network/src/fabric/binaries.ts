import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';

/** Programs of a Fabric release (2.5 or 3.x) that a native network needs. */
export const FABRIC_BINARIES = ['peer', 'orderer', 'configtxgen', 'osnadmin'] as const;

/** Absolute paths of those programs. */
export type FabricBinaries = Readonly<Record<(typeof FABRIC_BINARIES)[number], string>>;

/** The programs that no folder of a search path holds. @param searchPath as PATH has it */
export function missingFabricBinaries(searchPath: string | undefined = process.env.PATH): string[] {
  return FABRIC_BINARIES.filter((name) => findProgram(name, searchPath) === undefined);
}

/** Finds the programs on a search path. Throws INVALID_CONFIGURATION that names what is missing and where to get it. */
export function findFabricBinaries(searchPath: string | undefined = process.env.PATH): FabricBinaries {
  const missing = missingFabricBinaries(searchPath);
  if (missing.length > 0) {
    throw new SelvedgeError(
      'INVALID_CONFIGURATION',
      `Hyperledger Fabric’s programs are not on PATH: ${missing.join(', ')}. Get a release for this system (hyperledger-fabric-<system>-<version>.tar.gz, 2.5 or 3.x) at https://github.com/hyperledger/fabric/releases, unpack it and put its bin folder on PATH; Docker is not needed`,
      { role: 'cli', details: { missing: missing.join(', ') } },
    );
  }
  return Object.fromEntries(FABRIC_BINARIES.map((name) => [name, findProgram(name, searchPath) as string])) as FabricBinaries;
}

function findProgram(name: string, searchPath: string | undefined): string | undefined {
  return (searchPath ?? '')
    .split(delimiter)
    .filter(isAbsolute)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
