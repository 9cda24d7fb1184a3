import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { collectPackage, readManifest } from '@selvedge/contract-package';
import { toHex } from '@selvedge/crypto';
import type { DeployOptions } from '@selvedge/dev-network';
import type { CommandContext } from '../context.js';
import { UsageError } from '../usage-error.js';

interface Options {
  readonly name?: string;
  readonly owner?: string[];
  readonly endorsementPolicy?: string;
  readonly suite?: string;
  readonly computeQuorum?: string;
}

/** `deploy` and `package`. */
export function addDeployCommands(program: Command, contextOf: (command: Command) => CommandContext): void {
  program
    .command('deploy')
    .description('package a chaincode directory, approve it for the development organisations, and start it')
    .argument('<directory>', 'an ordinary Fabric chaincode with its dependencies installed')
    .option('--name <contract>', 'contract name (default: that of selvedge.json or package.json)')
    .option('--owner <MSP...>', 'owners of the world state (default: the first business organisation)')
    .option('--endorsement-policy <policy>', 'in Fabric’s notation, such as "OutOf(2, \'NorthMSP.peer\', \'SouthMSP.peer\')"')
    .option('--suite <name>', 'crypto suite')
    .option('--compute-quorum <k>', 'compute nodes that must agree')
    .action(async (directory: string, options: Options, command: Command) => {
      const context = contextOf(command);
      const folder = await context.openDevelopmentFolder();
      const deployed = await folder.deploy(directory, deployOptions(options));
      const { name, version, codeHash, blockNumber, policy } = deployed;
      const value = { name, version, codeHash: toHex(codeHash), blockNumber, policyVersion: policy.policyVersion };
      context.print(value, `contract ${name} ${version} is approved in block ${String(blockNumber)} and ready\ncode hash ${value.codeHash}`);
    });
  program
    .command('package')
    .description('print the code hash that a chaincode directory would be approved by; nothing is deployed')
    .argument('<directory>')
    .action(async (directory: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const value = await describePackage(directory);
      context.print(value, `contract ${value.name} ${value.version}\ncode hash ${value.codeHash}\n${String(value.files)} files, ${String(value.bytes)} bytes`);
    });
}

function deployOptions(options: Options): DeployOptions {
  const { name, owner, endorsementPolicy, suite, computeQuorum } = options;
  return {
    ...(name === undefined ? {} : { name }),
    ...(owner === undefined ? {} : { worldStateOwners: owner }),
    ...(endorsementPolicy === undefined ? {} : { endorsementPolicy }),
    ...(suite === undefined ? {} : { suite }),
    ...(computeQuorum === undefined ? {} : { computeQuorum: parseCount('--compute-quorum', computeQuorum) }),
  };
}

/** Throws UsageError unless the text is a whole number from 1 to 64. */
export function parseCount(option: string, text: string): number {
  const count = Number(text);
  if (!/^\d{1,2}$/.test(text) || count < 1 || count > 64) throw new UsageError(`${option} ${text}: a number from 1 to 64 is expected`);
  return count;
}

async function describePackage(directory: string): Promise<{ name: string; version: string; codeHash: string; files: number; bytes: number }> {
  const scratch = await mkdtemp(join(tmpdir(), 'selvedge-package-'));
  try {
    const { directory: collected, codeHash, files, bytes } = await collectPackage(directory, join(scratch, 'package'));
    const { name, version } = await readManifest(collected);
    return { name, version, codeHash: toHex(codeHash), files, bytes };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
