import type { Command } from 'commander';
import { fetchUnlockStatus, keyBrokerAddresses, loadTls, submitShares, type BrokerLock } from '@selvedge/client';
import { isSelvedgeError } from '@selvedge/errors';
import type { UnlockStatus } from '@selvedge/protocol';
import type { CommandContext } from '../context.js';
import type { OpenFolder } from '../open-folder.js';
import { addBrokerAuditCommands } from './broker-audit.js';
import { addBrokerBackupCommands } from './broker-backup.js';
import { addBrokerEpochCommands } from './broker-epochs.js';
import { replicaSummary, replicaText, type Asked } from './replica-text.js';

interface AddressOption {
  readonly address?: string;
}

const ADDRESS = ['--address <host:port>', 'address of one replica of the key broker (default: all that clients use)'] as const;

/** `broker …`: what organisations do with the key broker beside policy changes. */
export function addBrokerCommands(program: Command, contextOf: (command: Command) => CommandContext): void {
  const broker = program.command('broker').description('the key broker: unlock, back up and restore its store, rotate and revoke keys, verify its audit log');
  broker
    .command('status')
    .description('verify the evidence of every replica of the key broker, and show whether it is locked')
    .option(...ADDRESS)
    .action(async (options: AddressOption, command: Command) => {
      const context = contextOf(command);
      const folder = await context.openFolder();
      printReplicas(context, await askReplicas(folder, options, fetchUnlockStatus));
    });
  broker
    .command('unlock')
    .description('verify the evidence of every replica of the key broker, then send it the shares of the organisations operated here')
    .option(...ADDRESS)
    .action(async (options: AddressOption, command: Command) => {
      const context = contextOf(command);
      const folder = await context.openFolder();
      const keys = await folder.unlockKeys();
      printReplicas(context, await askReplicas(folder, options, (lock) => submitShares(lock, keys)));
    });
  addBrokerEpochCommands(broker, contextOf);
  addBrokerAuditCommands(broker, contextOf);
  addBrokerBackupCommands(broker, contextOf);
}

/** Asks each replica. Rejects with the first refusal when none of them answers. */
async function askReplicas({ connectionProfile, profile }: OpenFolder, { address }: AddressOption, ask: (lock: BrokerLock) => Promise<UnlockStatus>): Promise<Asked[]> {
  const tls = loadTls(connectionProfile);
  const asked: Asked[] = [];
  for (const replica of address === undefined ? keyBrokerAddresses(connectionProfile) : [address]) {
    try {
      asked.push({ address: replica, status: await ask({ address: replica, tls, profile, now: new Date() }) });
    } catch (error) {
      if (!isSelvedgeError(error)) throw error;
      asked.push({ address: replica, refusal: error });
    }
  }
  const refusal = asked[0]?.refusal;
  if (refusal !== undefined && asked.every(({ status }) => status === undefined)) throw refusal;
  return asked;
}

function printReplicas(context: CommandContext, asked: readonly Asked[]): void {
  context.print({ replicas: asked.map(replicaSummary) }, asked.map((one) => `${one.address}: ${replicaText(one)}`).join('\n'));
}
