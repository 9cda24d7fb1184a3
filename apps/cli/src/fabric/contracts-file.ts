import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { collectPackage, readManifest } from '@selvedge/contract-package';
import { SelvedgeError } from '@selvedge/errors';
import type { DeployedContract } from './deployment.js';
import type { FabricLayout } from './folder-layout.js';
import { readDeployment, writeDeployment } from './folder.js';

/** What the command line says of a contract. */
export type ContractSettings = Partial<Omit<DeployedContract, 'directory'>>;

/**
 * Puts a contract into the deployment file, or changes what stands there of it. Resolves with its name.
 * Throws INVALID_CONFIGURATION when `isKnown` says whether the file has it already and it is otherwise, PACKAGE_*, MANIFEST_INVALID.
 */
export async function noteContract(layout: FabricLayout, directory: string, settings: ContractSettings, isKnown?: boolean): Promise<string> {
  const deployment = await readDeployment(layout);
  const name = settings.name ?? (await nameOf(directory));
  const present = deployment.contracts.find((contract) => contract.name === name);
  if (isKnown === true && present === undefined) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `contract ${name} is not in ${layout.deploymentFile}; "selvedge fabric deploy" deploys a new one`, { role: 'cli' });
  }
  const contract: DeployedContract = { ...present, ...settings, name, directory: relative(layout.directory, resolve(directory)) };
  const contracts = present === undefined ? [...deployment.contracts, contract] : deployment.contracts.map((other) => (other.name === name ? contract : other));
  await writeDeployment(layout, { ...deployment, contracts });
  return name;
}

/** A contract's name out of its own files. */
async function nameOf(directory: string): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), 'selvedge-contract-'));
  try {
    const { directory: collected } = await collectPackage(resolve(directory), join(scratch, 'package'));
    return (await readManifest(collected)).name;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
