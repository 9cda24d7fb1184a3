import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { createReporter } from '../fabric/deploy-report.js';
import { openDeployContext } from '../fabric/deploy-context.js';
import { deployFabric, type DeployResult } from '../fabric/deploy.js';
import { noteContract } from '../fabric/contracts-file.js';
import { fabricLayoutOf } from '../fabric/folder-layout.js';
import { openFabricFolder } from '../fabric/folder.js';
import { noteOrganisation, type JoiningOrganisation } from '../fabric/organisations-file.js';
import { noteViewer } from '../fabric/viewers-file.js';
import { contractOptions, withContractFlags, type ContractFlags } from './deploy.js';
import { parseNumber } from './fabric-options.js';

interface DeployOptions extends ContractFlags {
  readonly wait: string;
}

interface JoinOptions {
  readonly msp?: string;
  readonly clientTls?: string;
  readonly peer?: string;
  readonly host?: string;
  readonly firstPort?: string;
  readonly wait: string;
}

interface ViewerOptions {
  readonly nodeId?: string;
  readonly address?: string;
  readonly wait: string;
}

const MAX_WAIT_S = 86_400;
const DEFAULT_WAIT_S = '120';
const WAIT = ['--wait <seconds>', 'how long to wait for this folder’s processes', DEFAULT_WAIT_S] as const;

/** `fabric deploy`, `upgrade`, `add-business-node`, `add-endorser` and `add-viewer`: each changes the deployment file and brings it onto the channel. */
export function addFabricDeployCommands(fabric: Command, contextOf: (command: Command) => CommandContext): void {
  withContractOptions(
    fabric
      .command('deploy')
      .description('bring the deployment, and a contract, onto the channel: packages, chaincodes, collections, profile, policy; does only what is missing')
      .argument('[directory]', 'an ordinary Fabric chaincode with its dependencies installed (default: what the deployment file lists)'),
  ).action(async (directory: string | undefined, options: DeployOptions, command: Command) => {
    const context = contextOf(command);
    if (directory !== undefined) await noteContract(layoutOf(context), directory, await contractOptions(options));
    await deploy(context, options.wait);
  });
  withContractOptions(
    fabric
      .command('upgrade')
      .description('bring a new version of a contract, and of Selvedge itself, onto the channel: new code hash and policy version, new sequence of its chaincode')
      .argument('[directory]', 'the new version of a contract that is deployed (default: the folders that the deployment file lists)'),
  ).action(async (directory: string | undefined, options: DeployOptions, command: Command) => {
    const context = contextOf(command);
    if (directory !== undefined) await noteContract(layoutOf(context), directory, await contractOptions(options), true);
    await deploy(context, options.wait);
  });
  for (const role of ['business', 'endorser'] as const) addJoinCommand(fabric, contextOf, role);
  fabric
    .command('add-viewer')
    .description('put a viewer beside an organisation’s business node: its people see their own data, and every view is recorded; the profile admits it, and its process is configured')
    .argument('<MSP>', 'an organisation that keeps data')
    .option('--node-id <id>', 'its node id (default: viewer and the organisation’s short name)')
    .option('--address <host:port>', 'where it is reached (default: a port of the organisation’s own block)')
    .option(...WAIT)
    .action(async (mspId: string, { nodeId, address, wait }: ViewerOptions, command: Command) => {
      const context = contextOf(command);
      await noteViewer(layoutOf(context), { mspId, nodeId, address });
      await deploy(context, wait);
    });
}

function withContractOptions(command: Command): Command {
  return withContractFlags(command).option(...WAIT);
}

function addJoinCommand(fabric: Command, contextOf: (command: Command) => CommandContext, role: JoiningOrganisation['role']): void {
  const isBusiness = role === 'business';
  const command = fabric
    .command(isBusiness ? 'add-business-node' : 'add-endorser')
    .description(`let an organisation that is on the channel ${isBusiness ? 'keep data of its own' : 'endorse'}: profile, collections and policies are extended, and its processes configured`)
    .argument('<MSP>', 'the organisation')
    .option('--msp <folder>', 'its MSP folders, when it is operated here')
    .option('--client-tls <folder>', 'its TLS client certificate, where its peer asks for one')
    .option('--peer <host:port>', 'its peer (default: the channel’s anchor peer)')
    .option('--host <host>', 'where its Selvedge processes are reached (default: its peer’s host)')
    .option('--first-port <port>', 'first of their ports')
    .option(...WAIT);
  command.action(async (mspId: string, options: JoinOptions, invoked: Command) => {
    const context = contextOf(invoked);
    const { msp, clientTls, peer, host, firstPort } = options;
    await noteOrganisation(layoutOf(context), { mspId, role, msp, clientTls, peer, host, firstPort: firstPort === undefined ? undefined : parseNumber('--first-port', firstPort, 1, 65_435) });
    await deploy(context, options.wait);
  });
}

function layoutOf({ directory }: CommandContext) {
  return fabricLayoutOf(resolve(directory));
}

async function deploy(context: CommandContext, wait: string): Promise<void> {
  const waitMs = parseNumber('--wait', wait, 0, MAX_WAIT_S) * 1_000;
  const folder = await openFabricFolder(context.directory);
  const reporter = createReporter((text) => {
    context.note(text);
  });
  const result = await deployFabric(await openDeployContext(folder, reporter, waitMs));
  context.print({ complete: result.waiting.length === 0, simulatedTees: true, ...result }, resultText(result));
}

/** What a deployment came to, for people. */
export function resultText({ done, waiting, warnings, contracts }: DeployResult): string {
  const lines = [
    done.length === 0 ? 'everything that can be done here was done before' : `${String(done.length)} ${done.length === 1 ? 'change' : 'changes'} made`,
    ...contracts.filter(({ isComplete }) => isComplete).map(({ name, version, policyVersion, sequence, codeHash }) => `contract ${name} ${version} is ready: policy version ${String(policyVersion)}, chaincode sequence ${String(sequence)}, code hash ${codeHash}`),
    ...waiting.map((text) => `still to do: ${text}`),
    ...warnings.map(({ code, message }) => `warning ${code}: ${message}`),
  ];
  return lines.join('\n');
}
