import { resolve } from 'node:path';
import type { Command } from 'commander';
import { SelvedgeError } from '@selvedge/errors';
import type { CommandContext } from '../context.js';
import { createDevSession, type RoundResult } from '../dev/dev-round.js';
import { roundText, roundValue } from '../dev/round-text.js';
import { createRounds } from '../dev/rounds.js';
import { watchProject } from '../dev/watch-project.js';
import { untilSignal } from '../until-signal.js';

interface DevOptions {
  readonly name?: string;
  readonly once?: boolean;
}

const HELP = `
For a network of "selvedge up" that runs. Every round runs the project's own build script, starts the package once without any data to see that
it starts, and brings it onto the network with the approvals of all its organisations. The ledger's state stays. With --json every round is
one line.

What a contract prints is not shown: it may be private data, so it does not leave the compute node's TEE. A test sees it: world.output() of
@selvedge/contract-test.`;

/** `dev`. */
export function addDevCommand(program: Command, contextOf: (command: Command) => CommandContext): void {
  program
    .command('dev')
    .description('build a contract project, deploy it to a running development network, and do so again whenever a file changes; Ctrl-C ends it')
    .argument('[directory]', 'a chaincode directory', '.')
    .option('--name <contract>', 'contract name (default: that of selvedge.json or package.json)')
    .option('--once', 'end after one round; exit code 1 unless the contract is in force')
    .addHelpText('after', HELP)
    .action(async (directory: string, { name, once }: DevOptions, command: Command) => {
      const context = contextOf(command);
      const project = resolve(directory);
      const session = createDevSession({ directory: project, name, openFolder: () => context.openDevelopmentFolder(), note: (text) => { context.note(text); } });
      if (once === true) showOnce(context, await session.round());
      else await watch(context, project, () => session.round());
    });
}

function showOnce(context: CommandContext, result: RoundResult): void {
  if (result.kind === 'refused') throw result.refusal;
  if (result.kind === 'build failed') throw new SelvedgeError('PACKAGE_INVALID', `the build failed:\n${result.output}`, { role: 'cli' });
  context.print(roundValue(result), roundText(result));
}

async function watch(context: CommandContext, project: string, round: () => Promise<RoundResult>): Promise<void> {
  // Without a network there is nothing to wait for.
  await context.openDevelopmentFolder();
  const rounds = createRounds(async () => {
    const result = await round();
    context.print(roundValue(result), `${roundText(result)}\nwaiting for a change …`);
  });
  const watcher = await watchProject(project, (paths) => {
    context.note(`changed: ${paths.slice(0, 5).join(', ')}${paths.length > 5 ? ' and more' : ''}`);
    rounds.request();
  });
  const signalled = untilSignal();
  rounds.request();
  await signalled;
  await watcher.close();
  await rounds.settled();
}
