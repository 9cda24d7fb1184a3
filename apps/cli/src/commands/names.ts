import { InvalidArgumentError, type Command } from 'commander';
import type { ContractNameKeys, StoredNames } from '@selvedge/client';
import type { CommandContext } from '../context.js';
import { migrateNames, type NameMigrationResult } from '../migrate-names.js';
import { migrationText, namesTable, phaseText } from '../names-text.js';
import type { OpenFolder } from '../open-folder.js';
import { UsageError } from '../usage-error.js';

interface NamesOptions {
  readonly channelID?: string;
  readonly name: string;
}

interface MigrateOptions extends NamesOptions {
  readonly approveAs?: string[];
  readonly output?: string;
  readonly abort?: boolean;
  readonly giveUp?: bigint;
  readonly prolong?: boolean;
  readonly keysPerTransaction?: number;
  readonly pause?: number;
}

/** `keys names` and `keys migrate-names`. @param add makes a command of `keys` with the options that all have */
export function addNamesCommands(add: (name: string, description: string) => Command, contextOf: (command: Command) => CommandContext, wholeNumber: (text: string) => number): void {
  add('names', 'count entries by the names that they lie under, as a quorum of organisations confirms them').action(async (options: NamesOptions, command: Command) => {
    const context = contextOf(command);
    const folder = await context.openFolder();
    const stored = await withNames(context, folder, options, (names) => names.count());
    context.print({ contract: options.name, ...namesJson(stored) }, [namesTable(stored), phaseText(stored)].join('\n'));
  });
  add('migrate-names', 'bring all entries under a new name key; the contract takes no updates meanwhile. Goes on from wherever it is')
    .option('--approve-as <MSP/user...>', 'approve each step as these administrators, and submit it')
    .option('--output <file>', 'write the next step to a file, for administrators to approve; then run the command again')
    .option('--abort', 'give a migration up that copies still')
    .option('--give-up <entries>', 'go on without so many entries, all that lie under revoked key epochs: nothing can copy or delete them', entryCount)
    .option('--prolong', 'entries that end by themselves begin their life anew')
    .option('--keys-per-transaction <n>', 'entries that one transaction sees to (default: 50)', wholeNumber)
    .option('--pause <ms>', 'rest after each transaction, in milliseconds (default: none)', wholeNumber)
    .action(async (options: MigrateOptions, command: Command) => {
      const result = await migrate(contextOf(command), options);
      const { proposed, stored, ...done } = result;
      contextOf(command).print({ contract: options.name, ...done, ...namesJson(stored), ...(proposed === undefined ? {} : { proposed, output: options.output }) }, resultText(result, options.output));
    });
}

function entryCount(text: string): bigint {
  if (!/^[0-9]{1,18}$/.test(text)) throw new InvalidArgumentError('a whole number is expected');
  return BigInt(text);
}

async function migrate(context: CommandContext, options: MigrateOptions): Promise<NameMigrationResult> {
  const { name: contract, approveAs = [], output, abort = false, giveUp, prolong = false, keysPerTransaction, pause: pauseMs } = options;
  if ((approveAs.length === 0) === (output === undefined)) throw new UsageError('keys migrate-names: each step takes approvals; use either --output or --approve-as');
  const folder = await context.openFolder();
  const { connectionProfile, profile } = folder;
  const approvers = await Promise.all(approveAs.map((text) => approver(folder, text)));
  const policy = await folder.openPolicy();
  try {
    const submitter = await context.identity(folder, 'admin');
    return await withNames(context, folder, options, (names) =>
      migrateNames({
        contract, policy, names, approvers, submitter, output, isAborting: abort, givenUp: giveUp,
        broker: { connectionProfile, profile, now: new Date() },
        options: {
          prolong,
          ...(keysPerTransaction === undefined ? {} : { keysPerTransaction }),
          ...(pauseMs === undefined ? {} : { pauseMs }),
          onProgress: (progress) => { context.note(context.isJson ? JSON.stringify(progress) : migrationText(progress)); },
        },
        onStep: (step) => { context.note(context.isJson ? JSON.stringify({ step }) : `${step}: recorded`); },
      }),
    );
  } finally {
    policy.close();
  }
}

function approver(folder: OpenFolder, text: string): ReturnType<OpenFolder['identity']> {
  const [mspId = '', user = '', ...rest] = text.split('/');
  if (mspId === '' || user === '' || rest.length > 0) throw new UsageError(`--approve-as ${text.slice(0, 64)}: MSP/user is expected, such as AuroraMSP/Admin`);
  return folder.identity(mspId, user);
}

function resultText({ proposed, stored, ...done }: NameMigrationResult, output = ''): string {
  const without = stored.unreadable === 0n || proposed === 'abort' ? '' : `, without ${String(stored.unreadable)} entries that lie under revoked key epochs`;
  const next = proposed === undefined ? 'the migration is at its end' : `${output}: the next step, ${proposed}${without}; have administrators approve it ("selvedge policy approve"), submit it${proposed === 'finish' ? ': it is the last one' : ', then run this command again'}`;
  return [migrationText(done), namesTable(stored), phaseText(stored), next].join('\n');
}

async function withNames<T>(context: CommandContext, folder: OpenFolder, { channelID, name }: NamesOptions, use: (names: ContractNameKeys) => Promise<T>): Promise<T> {
  const gateway = folder.connect(await context.identity(folder, 'admin'), {});
  try {
    return await use(gateway.getNetwork(channelID ?? folder.connectionProfile.channel).getNameKeys(name));
  } finally {
    gateway.close();
  }
}

function namesJson({ phase, current, other, toCopy, left, strays, unreadable, datasets }: StoredNames) {
  return { phase, current, ...(other === undefined ? {} : { other }), toCopy, left, strays, unreadable, datasets: datasets.map(({ dataset, isEnding, ...counts }) => ({ collection: dataset, ending: isEnding, ...counts })) };
}
