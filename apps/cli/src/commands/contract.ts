import type { Command } from 'commander';
import { approveContract, commitContract, installContract, packageContract, upgradeContract, type ApprovalResult } from '../contract/actions.js';
import { storeOf } from '../contract/installed.js';
import { listContracts, listText } from '../contract/list.js';
import { withContractNetwork } from '../contract/open-network.js';
import type { CommandContext } from '../context.js';
import { UsageError } from '../usage-error.js';
import { contractOptions, withContractFlags, type ContractFlags } from './deploy.js';
import { parseNumber } from './fabric-options.js';

interface WaitOption {
  readonly wait: string;
}

const WAIT = ['--wait <seconds>', 'how long to wait for compute nodes and this folder’s processes', '60'] as const;
const MAX_WAIT_S = 86_400;
const LIFECYCLE = `
The life of a contract, step by step:
  selvedge contract package DIR            one file, the same bytes on every machine
  selvedge contract install FILE           where compute nodes run; they load what the ledger has approved, by hash
  selvedge contract approve FILE           once for each organisation, by its administrator
  selvedge contract commit NAME            when enough have approved; in force from that block on
"selvedge contract upgrade DIR" does all four for the organisations operated here; "contract list" shows who is missing.`;

/** `contract package`, `install`, `approve`, `commit`, `list` and `upgrade`. */
export function addContractCommands(program: Command, contextOf: (command: Command) => CommandContext): void {
  const contract = program.command('contract').description('contracts from package to upgrade: package, install, approve, commit, list').addHelpText('after', LIFECYCLE);
  contract
    .command('package')
    .description('write a chaincode directory, dependencies included, as one package file, and print the code hash that it is approved by')
    .argument('<directory>', 'an ordinary Fabric chaincode with its dependencies installed')
    .option('-o, --output <file>', 'the package file (default: NAME-VERSION-HASH.tar here)')
    .action(async (directory: string, { output }: { readonly output?: string }, command: Command) => {
      const written = await packageContract(directory, output);
      contextOf(command).print(written, `contract ${written.name} ${written.version}: ${written.file}\ncode hash ${written.codeHash}\n${String(written.files)} files, ${String(written.bytes)} bytes`);
    });
  contract
    .command('install')
    .description('take a package file of any source into this folder’s store, for the compute nodes that load from it; nothing runs before the ledger has its hash')
    .argument('<file>', 'a file of "selvedge contract package"')
    .option('--hash <hex>', 'the code hash that it must have')
    .action(async (file: string, { hash }: { readonly hash?: string }, command: Command) => {
      if (hash !== undefined && !/^[0-9a-f]{64}$/.test(hash)) throw new UsageError(`--hash ${hash}: 64 hexadecimal digits are expected`);
      const context = contextOf(command);
      const installed = await installContract(context, file, hash);
      context.print(installed, `contract ${installed.name} ${installed.version} is installed\ncode hash ${installed.codeHash}`);
    });
  withContractFlags(
    contract
      .command('approve')
      .description('approve a package for an organisation, by its administrator: proposes the contract, or adds to the proposal of the others where that says the same')
      .argument('<package>', 'a package file, or the code hash of an installed package (8 digits or more)'),
  )
    .option(...WAIT)
    .action(async (argument: string, options: ContractFlags & WaitOption, command: Command) => {
      const context = contextOf(command);
      const approved = await approveContract(context, argument, await contractOptions(options), waitMs(options));
      context.print(approved, approvalText(approved));
    });
  contract
    .command('commit')
    .description('record a contract that enough organisations have approved, and wait until its compute nodes can run it')
    .argument('<name>', 'the contract')
    .option('--force', 'although compute nodes lack the package')
    .option(...WAIT)
    .action(async (name: string, options: WaitOption & { readonly force?: boolean }, command: Command) => {
      const context = contextOf(command);
      const committed = await commitContract(context, name, { waitMs: waitMs(options), isForced: options.force === true });
      context.print(committed, `contract ${name} ${committed.version} is in force since block ${String(committed.blockNumber)} and ready: policy version ${String(committed.policyVersion)}\ncode hash ${committed.codeHash}`);
    });
  contract
    .command('list')
    .description('show the contracts on the ledger, since which block, and what waits for approvals: who has approved, who is missing')
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const list = await withContractNetwork(context, 0, (network) => listContracts(network, storeOf(context.directory)));
      context.print(list, listText(list));
    });
  withContractFlags(
    contract
      .command('upgrade')
      .description('bring a new version of a contract onto the ledger: package, install, approve for the organisations operated here, and commit when enough have approved')
      .argument('<directory>', 'the new version: a chaincode directory, a package file or the code hash of an installed package'),
  )
    .option(...WAIT)
    .action(async (argument: string, options: ContractFlags & WaitOption, command: Command) => {
      const context = contextOf(command);
      const upgraded = await upgradeContract(context, argument, await contractOptions(options), waitMs(options));
      const { name, version, blockNumber, codeHash, complete } = upgraded;
      context.print(upgraded, complete && blockNumber !== undefined ? `contract ${name} ${version} is in force since block ${String(blockNumber)} and ready\ncode hash ${codeHash}` : approvalText(upgraded));
    });
  contract.action((_options: unknown, command: Command) => {
    const [unknown] = command.args;
    throw new UsageError(unknown === undefined ? 'contract: which command? "selvedge contract --help" lists them' : `contract: there is no command ${unknown}; "selvedge contract --help" lists them`);
  });
}

function waitMs({ wait }: WaitOption): number {
  return parseNumber('--wait', wait, 0, MAX_WAIT_S) * 1_000;
}

function approvalText({ name, version, codeHash, proposal }: ApprovalResult): string {
  if (proposal === undefined) return `contract ${name} ${version} is on the ledger as it is; nothing to approve\ncode hash ${codeHash}`;
  const { approvals, missing, needed, file } = proposal;
  const more = needed - approvals.length;
  const next = more <= 0 ? `enough have approved: selvedge contract commit ${name}` : `${String(more)} more of ${missing.join(', ')} have to approve; operators elsewhere need ${file}`;
  return `contract ${name} ${version}: approved by ${approvals.join(', ')}; ${String(needed)} organisations are needed\n${next}\ncode hash ${codeHash}`;
}
