import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { addApproval } from '@selvedge/contract-lifecycle';
import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { createPolicyTransaction, type FactUpdate } from '@selvedge/policy';
import { LIMITS, parseMessage, PolicyChangeSchema, PolicyTransactionSchema, type PolicyTransaction } from '@selvedge/protocol';
import { approvalsNeeded } from '../approvals-needed.js';
import type { CommandContext } from '../context.js';
import type { OpenFolder, PolicyCommands } from '../open-folder.js';
import { readInput } from '../read-file.js';
import { changeText, describeChange } from '../describe-change.js';
import { describeFact } from '../describe-fact.js';
import { table } from '../terminal.js';
import { UsageError } from '../usage-error.js';
import { addPolicyCheckCommand } from './policy-check.js';

interface ProposeOptions {
  readonly set?: string[];
  readonly remove?: string[];
  readonly output: string;
}

/** `policy check`, `show`, `propose`, `approve` and `submit`. The file between them is a PolicyTransaction that gathers approvals. */
export function addPolicyCommands(program: Command, contextOf: (command: Command) => CommandContext): void {
  const policy = program.command('policy').description('the policy on the ledger: one fact for each thing agreed on; and appraisal policies of TEEs');
  addPolicyCheckCommand(policy, contextOf);
  policy
    .command('show')
    .description('print the facts on the ledger, or one of them')
    .argument('[key]', 'such as contract/diamonds')
    .action(async (key: string | undefined, _options: unknown, command: Command) => {
      await show(contextOf(command), key);
    });
  policy
    .command('propose')
    .description('write a change of facts to a file, for administrators to approve')
    .option('--set <key=value...>', 'set a fact: text, or @FILE for a file’s bytes')
    .option('--remove <key...>', 'remove a fact')
    .requiredOption('--output <file>', 'the proposal’s file')
    .action(async (options: ProposeOptions, command: Command) => {
      await propose(contextOf(command), options);
    });
  policy
    .command('approve')
    .description('add an administrator’s approval to a proposal’s file, and print what it changes')
    .argument('<file>')
    .action(async (file: string, _options: unknown, command: Command) => {
      await approve(contextOf(command), file);
    });
  policy
    .command('submit')
    .description('have an approved proposal recorded on the ledger')
    .argument('<file>')
    .action(async (file: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const bytes = await readInput(file);
      // On Fabric, somebody creates the transaction; the approvals that count are in it.
      const blockNumber = await withSession(context, async (session, folder) => session.submit(bytes, await context.identity(folder)));
      context.print({ blockNumber }, `recorded in block ${String(blockNumber)}`);
    });
}

async function show(context: CommandContext, key: string | undefined): Promise<void> {
  const all = await withSession(context, (session) => session.facts());
  const shown = all.filter((fact) => key === undefined || fact.key === key);
  if (key !== undefined && shown.length === 0) throw new SelvedgeError('INVALID_CONFIGURATION', `there is no fact ${key} on the ledger`, { role: 'cli' });
  const described = shown.map((fact) => ({ key: fact.key, value: describeFact(fact.key, fact.value) }));
  const text = key === undefined ? table([['fact', 'bytes'], ...shown.map((fact) => [fact.key, String(fact.value.length)])]) : JSON.stringify(described[0]?.value, undefined, 2);
  context.print(key === undefined ? described : described[0], text);
}

async function propose(context: CommandContext, options: ProposeOptions): Promise<void> {
  const changes: FactUpdate[] = [];
  for (const assignment of options.set ?? []) changes.push(await parseAssignment(assignment));
  for (const key of options.remove ?? []) changes.push({ key, value: undefined });
  if (changes.length === 0) throw new UsageError('policy propose: nothing to change; use --set or --remove; "selvedge broker" rotates and revokes keys');
  const change = await withSession(context, (session) => session.propose(changes));
  await writeFile(options.output, createPolicyTransaction(change, []));
  const keys = changes.map(({ key }) => key);
  context.print({ output: options.output, changes: keys }, `${options.output}: changes ${keys.join(', ')}; have administrators approve it`);
}

async function approve(context: CommandContext, file: string): Promise<void> {
  const folder = await context.openFolder();
  const signer = await context.identity(folder, 'admin');
  const { change, approvals } = parseTransaction(await readInput(file));
  const { changes } = parseMessage(PolicyChangeSchema, change, LIMITS.maxMessageBytes);
  const described = changes.map((one) => describeChange(one, folder.profile));
  const all = addApproval(change, approvals.filter(({ identity }) => !equalBytes(identity, signer.serialized)), signer);
  await writeFile(file, createPolicyTransaction(change, all));
  const needed = approvalsNeeded(changes.map(({ key }) => key), signer.mspId, folder.profile.message.adminQuorum);
  context.print(
    { file, changes: described, approvals: all.length, needed },
    [...described.map(changeText), `${signer.mspId} approves this; ${String(all.length)} of ${String(needed)} approvals`].join('\n'),
  );
}

async function withSession<T>(context: CommandContext, use: (session: PolicyCommands, folder: OpenFolder) => Promise<T>): Promise<T> {
  const folder = await context.openFolder();
  const session = await folder.openPolicy();
  try {
    return await use(session, folder);
  } finally {
    session.close();
  }
}

async function parseAssignment(text: string): Promise<FactUpdate> {
  const at = text.indexOf('=');
  if (at <= 0) throw new UsageError(`--set ${text}: key=value is expected`);
  const [key, value] = [text.slice(0, at), text.slice(at + 1)];
  return { key, value: value.startsWith('@') ? await readInput(value.slice(1)) : Buffer.from(value) };
}

function parseTransaction(bytes: Uint8Array): PolicyTransaction {
  return parseMessage(PolicyTransactionSchema, bytes, LIMITS.maxMessageBytes);
}
