import type { Command } from 'commander';
import { fetchUnlockStatus, loadTls, submitShares, type BrokerLock } from '@selvedge/client';
import type { UnlockStatus } from '@selvedge/protocol';
import type { CommandContext } from '../context.js';
import type { OpenFolder } from '../open-folder.js';
import { addBrokerAuditCommands } from './broker-audit.js';
import { addBrokerBackupCommands } from './broker-backup.js';
import { addBrokerEpochCommands } from './broker-epochs.js';

interface AddressOption {
  readonly address?: string;
}

const ADDRESS = ['--address <host:port>', 'the key broker’s address (default: the one that clients use)'] as const;

/** `broker …`: what organisations do with the key broker beside policy changes. */
export function addBrokerCommands(program: Command, contextOf: (command: Command) => CommandContext): void {
  const broker = program.command('broker').description('the key broker: unlock, back up and restore its store, rotate and revoke keys, verify its audit log');
  broker
    .command('status')
    .description('verify the key broker’s evidence, and show whether it is locked')
    .option(...ADDRESS)
    .action(async (options: AddressOption, command: Command) => {
      const context = contextOf(command);
      const status = await fetchUnlockStatus(lockOf(await context.openFolder(), options));
      context.print(statusOf(status), statusText(status));
    });
  broker
    .command('unlock')
    .description('verify the key broker’s evidence, then send it the shares of the organisations operated here')
    .option(...ADDRESS)
    .action(async (options: AddressOption, command: Command) => {
      const context = contextOf(command);
      const folder = await context.openFolder();
      const status = await submitShares(lockOf(folder, options), await folder.unlockKeys());
      context.print(statusOf(status), statusText(status));
    });
  addBrokerEpochCommands(broker, contextOf);
  addBrokerAuditCommands(broker, contextOf);
  addBrokerBackupCommands(broker, contextOf);
}

function lockOf({ connectionProfile, profile }: OpenFolder, { address }: AddressOption): BrokerLock {
  return { address: address ?? connectionProfile.keyBroker, tls: loadTls(connectionProfile), profile, now: new Date() };
}

function statusOf({ locked, threshold, submitted }: UnlockStatus): Record<string, unknown> {
  return { locked, threshold, submitted };
}

function statusText({ locked, threshold, submitted }: UnlockStatus): string {
  if (!locked) return 'the key broker’s evidence verifies; it is unlocked';
  const from = submitted.length === 0 ? '' : ` (from ${submitted.join(', ')})`;
  return `the key broker’s evidence verifies; it is locked: ${String(submitted.length)} of ${String(threshold)} shares are there${from}`;
}
