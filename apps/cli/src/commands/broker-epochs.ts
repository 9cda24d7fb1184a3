import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { openNextEpochs, revokeParties, type BrokerToAsk, type Revocation } from '@selvedge/client';
import { fromHex } from '@selvedge/crypto';
import { CHANNEL_EPOCH, createPolicyTransaction, listFacts, type FactList, type FactUpdate } from '@selvedge/policy';
import type { CommandContext } from '../context.js';
import { UsageError } from '../usage-error.js';

interface RotateOptions {
  readonly contract?: string[];
  readonly envelope?: boolean;
  readonly output: string;
}

interface RevokeOptions {
  readonly node?: string[];
  readonly platform?: string[];
  readonly measurement?: string[];
  readonly epoch?: string[];
  readonly reason: string;
  readonly output: string;
}

const ENVELOPE = 'envelope';

/** `broker rotate` and `broker revoke`: each writes a proposal that administrators approve and submit as any policy change. */
export function addBrokerEpochCommands(broker: Command, contextOf: (command: Command) => CommandContext): void {
  broker
    .command('rotate')
    .description('propose new key epochs; the present ones stay readable, and requests under way finish with them')
    .option('--contract <name...>', 'data, random, gate and event keys of these contracts')
    .option('--envelope', 'the channel’s envelope keys, which requests are sealed to, and the epoch of TEE certificates')
    .requiredOption('--output <file>', 'the proposal’s file')
    .action(async (options: RotateOptions, command: Command) => {
      const of = [...(options.envelope === true ? [CHANNEL_EPOCH] : []), ...(options.contract ?? [])];
      if (of.length === 0) throw new UsageError('broker rotate: nothing to rotate; use --contract or --envelope');
      await propose(contextOf(command), options.output, (asked, ledger) => openNextEpochs(asked, ledger, of));
    });
  broker
    .command('revoke')
    .description('propose a revocation, with new epochs of every key that the revoked party may hold')
    .option('--node <id...>', 'compute nodes')
    .option('--platform <hex...>', 'platforms: machines or chips')
    .option('--measurement <hex...>', 'code')
    .option('--epoch <name@epoch...>', `key epochs: of a contract, such as diamonds@1, or of the envelope keys: ${ENVELOPE}@1`)
    .option('--reason <text>', 'why; it stands on the ledger', 'revoked')
    .requiredOption('--output <file>', 'the proposal’s file')
    .action(async (options: RevokeOptions, command: Command) => {
      const revocation = parseRevocation(options);
      await propose(contextOf(command), options.output, (asked, ledger) => revokeParties(asked, ledger, revocation));
    });
}

/** Throws UsageError. */
export function parseRevocation({ node = [], platform = [], measurement = [], epoch = [], reason }: Omit<RevokeOptions, 'output'>): Revocation {
  if (node.length + platform.length + measurement.length + epoch.length === 0) throw new UsageError('broker revoke: nothing to revoke; use --node, --platform, --measurement or --epoch');
  return { nodes: node, platforms: platform.map(parseHex), measurements: measurement.map(parseHex), epochs: epoch.map(parseEpoch), reason };
}

function parseHex(text: string): Uint8Array {
  if (!/^(?:[0-9a-fA-F]{2}){1,128}$/.test(text)) throw new UsageError(`${text.slice(0, 64)}: hexadecimal digits are expected, as "selvedge attest verify" prints them`);
  return fromHex(text.toLowerCase());
}

function parseEpoch(text: string): { contract: string; epoch: bigint } {
  const match = /^([A-Za-z0-9][A-Za-z0-9_-]{0,63})@([1-9][0-9]{0,18})$/.exec(text);
  const [, name = '', epoch = ''] = match ?? [];
  if (match === null) throw new UsageError(`--epoch ${text.slice(0, 64)}: name@epoch is expected, such as diamonds@1 or ${ENVELOPE}@1`);
  return { contract: name === ENVELOPE ? CHANNEL_EPOCH : name, epoch: BigInt(epoch) };
}

async function propose(context: CommandContext, output: string, changesOf: (broker: BrokerToAsk, ledger: FactList) => Promise<FactUpdate[]>): Promise<void> {
  const folder = await context.openFolder();
  const { connectionProfile, profile } = folder;
  const policy = await folder.openPolicy();
  try {
    const changes = await changesOf({ connectionProfile, profile, now: new Date() }, listFacts(await policy.facts()));
    await writeFile(output, createPolicyTransaction(await policy.propose(changes), []));
    const keys = changes.map(({ key }) => key);
    context.print({ output, changes: keys }, `${output}: records ${keys.join(', ')}; have administrators approve it ("selvedge policy approve"), then submit it`);
  } finally {
    policy.close();
  }
}
