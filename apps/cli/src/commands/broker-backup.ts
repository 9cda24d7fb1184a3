import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { backUpBrokerStore, restoreBrokerStore } from '@selvedge/attestation/process';
import { SelvedgeError } from '@selvedge/errors';
import type { CommandContext } from '../context.js';
import { readInput } from '../read-file.js';

interface StoreOption {
  readonly store?: string;
}

const STORE = ['--store <directory>', 'the key broker’s store (default: the one in the network’s folder)'] as const;

/** `broker backup` and `broker restore`: on the key broker's machine. A backup holds no key in the clear. */
export function addBrokerBackupCommands(broker: Command, contextOf: (command: Command) => CommandContext): void {
  broker
    .command('backup')
    .description('copy the key broker’s sealed store and audit log into one file; the broker may run meanwhile')
    .argument('<file>', 'the backup')
    .option(...STORE)
    .action(async (file: string, options: StoreOption, command: Command) => {
      const context = contextOf(command);
      const backup = backUpBrokerStore(await storeOf(context, options));
      await writeFile(file, backup, { mode: 0o600, flag: 'wx' }).catch((cause: unknown) => {
        throw new SelvedgeError('INVALID_CONFIGURATION', `cannot write ${file}, or it is there already`, { role: 'cli', cause });
      });
      context.print({ file, bytes: backup.length }, `${file}: ${String(backup.length)} bytes; it opens with the shares of the organisations alone`);
    });
  broker
    .command('restore')
    .description('make a store of a backup, where there is none; then start the key broker and have the organisations unlock it')
    .argument('<file>', 'the backup')
    .option(...STORE)
    .action(async (file: string, options: StoreOption, command: Command) => {
      const context = contextOf(command);
      const store = await storeOf(context, options);
      restoreBrokerStore(await readInput(file), store);
      context.print({ store }, `${store}: restored; start the key broker, then have the organisations unlock it ("selvedge broker unlock")`);
    });
}

async function storeOf(context: CommandContext, { store }: StoreOption): Promise<string> {
  return store ?? (await context.openFolder()).brokerStore;
}
