import { rm } from 'node:fs/promises';
import { tryChaincode } from '@selvedge/compute';
import { installPackage, listPackages, readManifest, verifyEntryPoint } from '@selvedge/contract-package';
import { equalBytes } from '@selvedge/crypto';
import type { NetworkFolder } from '@selvedge/dev-network';
import { SelvedgeError } from '@selvedge/errors';
import { parseMetadata, type DescribedContract } from './metadata.js';

/** A package in the network's store that is known to start. */
export interface TriedPackage {
  /** In the store. */
  readonly directory: string;
  readonly codeHash: Uint8Array;
  readonly name: string;
  /** undefined: the chaincode does not use Fabric's contract API, and does not say what functions it has. */
  readonly contracts: readonly DescribedContract[] | undefined;
}

/** Fabric's first status of a refusal. */
const ERROR_STATUS = 400;

/**
 * Packages a directory into a development network's store and starts it once, without a request and without state, so that its author learns
 * now why it would not start, and not by the first request, when organisations have approved it.
 *
 * @throws what packaging throws (PACKAGE_*, MANIFEST_INVALID); CHAINCODE_START_FAILED with what it printed; PACKAGE_INVALID when it has no contract
 */
export async function tryPackage(folder: NetworkFolder, directory: string, input: { readonly name: string | undefined; readonly note: (text: string) => void }): Promise<TriedPackage> {
  const { packages } = folder.layout;
  const before = await listPackages(packages);
  const { directory: tree, codeHash } = await installPackage(directory, packages);
  try {
    await verifyEntryPoint(tree);
    const name = input.name ?? (await readManifest(tree)).name;
    const creator = await folder.identity(folder.settings.businessOrganisations[0] ?? '');
    const answer = await tryChaincode({ packageStore: packages, codeHash, contract: name, channel: folder.settings.channel, creator, note: input.note });
    return { directory: tree, codeHash, name, contracts: contractsOf(answer, directory) };
  } catch (error) {
    // Nobody will approve it.
    if (!before.some((hash) => equalBytes(hash, codeHash))) await rm(tree, { recursive: true, force: true });
    throw error;
  }
}

function contractsOf(answer: Awaited<ReturnType<typeof tryChaincode>>, directory: string): TriedPackage['contracts'] {
  const contracts = answer === undefined || answer.status >= ERROR_STATUS ? undefined : parseMetadata(Buffer.from(answer.payload).toString('utf8'));
  if (contracts?.every(({ functions }) => functions.length === 0) !== true) return contracts;
  throw new SelvedgeError('PACKAGE_INVALID', `${directory} has no contract with a function: the module that package.json names as "main" has to export "contracts", a list of classes that extend Contract, with @Transaction functions`, { role: 'cli' });
}
