import { InvalidArgumentError, type Command } from 'commander';
import type { KeyEpochs, ReEncryptionOptions, StoredEpochs } from '@selvedge/client';
import { SelvedgeError } from '@selvedge/errors';
import type { CommandContext } from '../context.js';
import { addNamesCommands } from './names.js';
import { addOwnerKeysCommand } from './owner-keys.js';
import { datasetTable, incompleteText, leftText, progressText } from '../key-epochs-text.js';

interface KeysOptions {
  readonly channelID?: string;
  readonly name: string;
}

interface ReEncryptOptions extends KeysOptions {
  readonly keysPerTransaction?: number;
  readonly pause?: number;
}

/** `keys …`: under which epochs of its data key and its name key a contract's entries lie, and bringing them under others. */
export function addKeysCommands(program: Command, contextOf: (command: Command) => CommandContext): void {
  const keys = program.command('keys').description('keys of a contract, as its entries lie under them; for administrators of its owners');
  const add = (name: string, description: string): Command =>
    keys
      .command(name)
      .description(description)
      .option('-C, --channelID <channel>', 'the channel (default: the network’s)')
      .requiredOption('-n, --name <contract>', 'the contract');
  add('epochs', 'count entries by epoch, as a quorum of organisations confirms them').action(async (options: KeysOptions, command: Command) => {
    const context = contextOf(command);
    const stored = await withKeyEpochs(context, options, (epochs) => epochs.count());
    context.print({ contract: options.name, ...storedJson(stored) }, [datasetTable(stored), leftText(stored)].join('\n'));
  });
  add('re-encrypt', 'write entries that lie under older epochs once more under the newest, while requests run; values stay')
    .option('--keys-per-transaction <n>', 'entries that one transaction writes (default: 50)', wholeNumber)
    .option('--pause <ms>', 'rest after each transaction, in milliseconds (default: none)', wholeNumber)
    .action(async (options: ReEncryptOptions, command: Command) => {
      const context = contextOf(command);
      const { keysPerTransaction, pause: pauseMs } = options;
      const settings: ReEncryptionOptions = {
        ...(keysPerTransaction === undefined ? {} : { keysPerTransaction }),
        ...(pauseMs === undefined ? {} : { pauseMs }),
        onProgress: (progress) => {
          context.note(context.isJson ? JSON.stringify(progress) : progressText(progress));
        },
      };
      const { after, ...done } = await withKeyEpochs(context, options, (epochs) => epochs.reEncrypt(settings));
      context.print({ contract: options.name, ...done, ...storedJson(after) }, [progressText(done), leftText(after)].join('\n'));
      if (after.left > 0n) throw new SelvedgeError('RE_ENCRYPTION_INCOMPLETE', incompleteText(after), { role: 'cli' });
    });
  addOwnerKeysCommand(keys, contextOf);
  addNamesCommands(add, contextOf, wholeNumber);
}

function wholeNumber(text: string): number {
  if (!/^[0-9]{1,6}$/.test(text)) throw new InvalidArgumentError('a whole number is expected');
  return Number(text);
}

async function withKeyEpochs<T>(context: CommandContext, { channelID, name }: KeysOptions, use: (epochs: KeyEpochs) => Promise<T>): Promise<T> {
  const folder = await context.openFolder();
  const gateway = folder.connect(await context.identity(folder, 'admin'), {});
  try {
    return await use(gateway.getNetwork(channelID ?? folder.connectionProfile.channel).getKeyEpochs(name));
  } finally {
    gateway.close();
  }
}

function storedJson({ newestEpoch, left, unreadable, ending, stillWritable, datasets }: StoredEpochs) {
  return {
    newestEpoch, left, unreadable, ending, stillWritable,
    datasets: datasets.map(({ dataset, isEnding, epochs }) => ({ collection: dataset, ending: isEnding, epochs: epochs.map(({ epoch, entries, isReadable }) => ({ epoch, entries, readable: isReadable })) })),
  };
}
