import type { Command } from 'commander';
import type { KeyAccessRuleJson } from '@selvedge/contract-package';
import { toHex } from '@selvedge/crypto';
import { DISTINCT_BY_NAMES, type DistinctByName } from '@selvedge/policy';
import { describeContracts } from '../contract/metadata.js';
import { tryPackage } from '../contract/try-package.js';
import type { CommandContext } from '../context.js';
import { readKeyAccessFile } from '../key-access-file.js';
import { nameNetwork } from '../name-network.js';
import { UsageError } from '../usage-error.js';

/** What the command line says where a manifest leaves something open. */
export interface ContractFlags {
  readonly name?: string;
  readonly owner?: string[];
  readonly endorsementPolicy?: string;
  readonly suite?: string;
  readonly computeQuorum?: string;
  readonly distinctBy?: string;
  readonly keyAccess?: string;
}

/** The same, parsed. */
export interface ContractChoices {
  name?: string;
  worldStateOwners?: string[];
  endorsementPolicy?: string;
  suite?: string;
  computeQuorum?: number;
  distinctBy?: DistinctByName;
  keyAccess?: KeyAccessRuleJson[];
}

/** The options that contractOptions reads. */
export function withContractFlags(command: Command): Command {
  return command
    .option('--name <contract>', 'contract name (default: that of selvedge.json or package.json)')
    .option('--owner <MSP...>', 'owners of the world state (default: the first business organisation)')
    .option('--endorsement-policy <policy>', 'in Fabric’s notation, such as "OutOf(2, \'NorthMSP.peer\', \'SouthMSP.peer\')"')
    .option('--suite <name>', 'crypto suite')
    .option('--compute-quorum <k>', 'compute nodes that must agree')
    .option('--distinct-by <what>', 'what these are counted by: platform, operator or teeType (default: platform)')
    .option('--key-access <file>', 'who may get the contract’s keys: YAML or JSON, { keyAccess: [rules] }, as selvedge.json has it');
}

/** `deploy`. */
export function addDeployCommands(program: Command, contextOf: (command: Command) => CommandContext): void {
  withContractFlags(
    program
      .command('deploy')
      .description('all steps of "selvedge contract" at once: package a chaincode directory, approve it for the development organisations, commit, and wait until it is ready')
      .argument('<directory>', 'an ordinary Fabric chaincode with its dependencies installed'),
  ).action(async (directory: string, options: ContractFlags, command: Command) => {
    const context = contextOf(command);
    const folder = await context.openDevelopmentFolder();
    const choices = await contractOptions(options);
    const note = (text: string): void => {
      context.note(text);
    };
    const tried = await tryPackage(folder, directory, { name: choices.name, note });
    const deployed = await folder.deploy(tried.directory, { ...choices, note }).catch((error: unknown) => {
      throw nameNetwork(error, { directory: folder.layout.directory, statusCommand: 'selvedge status' });
    });
    const { name, version, codeHash, blockNumber, policy } = deployed;
    const value = { name, version, codeHash: toHex(codeHash), blockNumber, policyVersion: policy.policyVersion, contracts: tried.contracts };
    context.print(value, `contract ${name} ${version} is approved${blockNumber === undefined ? '' : ` in block ${String(blockNumber)}`} and ready\ncode hash ${value.codeHash}${tried.contracts === undefined ? '' : `\n${describeContracts(tried.contracts)}`}`);
  });
}

/** Throws UsageError; MANIFEST_INVALID naming the field of a file of rules. */
export async function contractOptions(options: ContractFlags): Promise<ContractChoices> {
  const { name, owner, endorsementPolicy, suite, computeQuorum, distinctBy, keyAccess } = options;
  return {
    ...(name === undefined ? {} : { name }),
    ...(owner === undefined ? {} : { worldStateOwners: owner }),
    ...(endorsementPolicy === undefined ? {} : { endorsementPolicy }),
    ...(suite === undefined ? {} : { suite }),
    ...(computeQuorum === undefined ? {} : { computeQuorum: parseCount('--compute-quorum', computeQuorum) }),
    ...(distinctBy === undefined ? {} : { distinctBy: parseDistinctBy(distinctBy) }),
    ...(keyAccess === undefined ? {} : { keyAccess: await readKeyAccessFile(keyAccess) }),
  };
}

/** Throws UsageError. */
function parseDistinctBy(text: string): DistinctByName {
  const names = [...DISTINCT_BY_NAMES.values()];
  const found = names.find((name) => name === text);
  if (found === undefined) throw new UsageError(`--distinct-by ${text}: one of ${names.join(', ')} is expected`);
  return found;
}

/** Throws UsageError unless the text is a whole number from 1 to 64. */
export function parseCount(option: string, text: string): number {
  const count = Number(text);
  if (!/^\d{1,2}$/.test(text) || count < 1 || count > 64) throw new UsageError(`${option} ${text}: a number from 1 to 64 is expected`);
  return count;
}
