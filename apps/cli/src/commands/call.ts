import type { Command } from 'commander';
import { ValidationCode } from '@selvedge/protocol';
import type { Contract, OutvotedNode, Partition, ProposalOptions, QueryConfirmation } from '@selvedge/client';
import { parseChaincodeCall, parsePartition, parseTransient } from '../chaincode-call.js';
import type { CommandContext } from '../context.js';
import { parseCount } from './deploy.js';
import { nameNetwork } from '../name-network.js';
import { showBytes } from '../show-bytes.js';

interface CallOptions {
  readonly channelID?: string;
  readonly name: string;
  readonly ctor: string;
  readonly transient?: string;
  readonly partition?: readonly Partition[];
  readonly hops?: boolean;
  readonly confirm?: number;
  readonly replicas?: number;
  readonly computeQuorum?: number;
}

interface Call {
  readonly contract: Contract;
  readonly transaction: string;
  readonly options: ProposalOptions;
}

/** `invoke` and `query`, with the options of `peer chaincode`. */
export function addCallCommands(program: Command, contextOf: (command: Command) => CommandContext): void {
  const add = (name: string, description: string, act: (context: CommandContext, call: Call) => Promise<void>): Command =>
    program
      .command(name)
      .description(description)
      .option('-C, --channelID <channel>', 'the channel (default: the network’s)')
      .requiredOption('-n, --name <contract>', 'the contract')
      .requiredOption('-c, --ctor <json>', 'function and arguments: {"Args":["ReadAsset","asset1"]}')
      .option('--transient <json>', 'transient data: {"name":"base64"}')
      .option('--replicas <nodes>', 'ask so many compute nodes at once; a majority of them must agree', (text) => parseCount('--replicas', text))
      .option('--compute-quorum <nodes>', 'so many compute nodes must agree, if that is more than the contract asks for', (text) => parseCount('--compute-quorum', text))
      .option('--partition <json>', 'run the function in parts, this one with these arguments: ["aurora"]; may be repeated', (text, others: readonly Partition[] | undefined) => [...(others ?? []), parsePartition(text)])
      .option('--hops', 'print each hop of the request to standard error')
      .action(async (options: CallOptions, command: Command) => {
        const context = contextOf(command);
        await withContract(context, options, (call) => act(context, call));
      });
  add('invoke', 'run a function and commit what it writes', invoke);
  add('query', 'run a function without committing anything', query).option('--confirm <organisations>', 'let so many organisations sign that what it reads is what stands now', (text) => parseCount('--confirm', text));
}

async function invoke(context: CommandContext, { contract, transaction, options }: Call): Promise<void> {
  const executed = await contract.newProposal(transaction, options).execute();
  const outvoted = noteOutvoted(context, executed.outvoted);
  const endorsed = await executed.endorse();
  const submitted = await endorsed.submit();
  const result = await submitted.awaitResult();
  const { transactionId, blockNumber, code } = await submitted.getStatus();
  const shown = showBytes(result);
  if (!context.isJson) context.note(`committed transaction ${transactionId} in block ${String(blockNumber)}`);
  context.print({ transactionId, blockNumber, validationCode: ValidationCode[code], ...shown, ...outvoted }, shown.result);
}

async function query(context: CommandContext, { contract, transaction, options }: Call): Promise<void> {
  let confirmation: QueryConfirmation | undefined;
  let outvoted = {};
  const listeners = { onConfirmed: (confirmed: QueryConfirmation) => { confirmation = confirmed; }, onOutvoted: (nodes: readonly OutvotedNode[]) => { outvoted = noteOutvoted(context, nodes); } };
  const shown = showBytes(await contract.evaluate(transaction, { ...options, ...listeners }));
  if (!context.isJson && confirmation !== undefined) context.note(`as of height ${String(confirmation.height)}, signed by ${confirmation.organisations.join(', ')}`);
  context.print({ ...shown, ...(confirmation === undefined ? {} : { confirmation: { ...confirmation, height: String(confirmation.height) } }), ...outvoted }, shown.result);
}

/** Names compute nodes that said something else than those that agreed. */
function noteOutvoted(context: CommandContext, outvoted: readonly OutvotedNode[]): { readonly outvoted?: readonly OutvotedNode[] } {
  if (!context.isJson) for (const { nodeId, differs } of outvoted) context.note(`outvoted: ${nodeId} (${differs})`);
  return outvoted.length === 0 ? {} : { outvoted };
}

async function withContract(context: CommandContext, options: CallOptions, use: (call: Call) => Promise<void>): Promise<void> {
  const { transaction, arguments: args } = parseChaincodeCall(options.ctor);
  const transientData = options.transient === undefined ? {} : parseTransient(options.transient);
  const folder = await context.openFolder();
  const identity = await context.identity(folder);
  const onHop = options.hops === true ? { onHop: (event: unknown) => { context.note(JSON.stringify(event)); } } : {};
  const gateway = folder.connect(identity, onHop);
  try {
    const network = gateway.getNetwork(options.channelID ?? folder.connectionProfile.channel);
    const { confirm, replicas, computeQuorum, partition: partitions } = options;
    const asked = { ...(confirm === undefined ? {} : { confirm }), ...(replicas === undefined ? {} : { replicas }), ...(computeQuorum === undefined ? {} : { computeQuorum }), ...(partitions === undefined ? {} : { partitions }) };
    await use({ contract: network.getContract(options.name), transaction, options: { arguments: args, transientData, ...asked } });
  } catch (error) {
    throw nameNetwork(error, folder);
  } finally {
    gateway.close();
  }
}
