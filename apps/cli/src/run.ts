import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { withRole } from '@selvedge/errors';
import { addAttestCommands } from './commands/attest.js';
import { addBrokerCommands } from './commands/broker.js';
import { addCallCommands } from './commands/call.js';
import { addConsoleCommands } from './commands/console.js';
import { addContractCommands } from './commands/contract.js';
import { addDeployCommands } from './commands/deploy.js';
import { addDevCommand } from './commands/dev.js';
import { addDoctorCommand } from './commands/doctor.js';
import { addFabricCommands } from './commands/fabric.js';
import { addInitCommand } from './commands/init.js';
import { addKeysCommands } from './commands/keys.js';
import { addMspCommands } from './commands/msp.js';
import { addNetworkCommands } from './commands/network.js';
import { addPolicyCommands } from './commands/policy.js';
import { addProfileCommands } from './commands/profile.js';
import { addViewCommands } from './commands/view.js';
import { createContext, type CommandContext } from './context.js';
import { systemTerminal, toJson, type Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

export const EXIT_OK = 0;
/** Some part of the network, or the network as a whole, refused. */
export const EXIT_REFUSED = 1;
/** The command line is wrong. */
export const EXIT_USAGE = 2;

/** Runs one command line (without node and script) and resolves with the exit code. Never rejects. */
export async function run(args: readonly string[], terminal: Terminal = systemTerminal): Promise<number> {
  const program = createProgram(terminal);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return EXIT_OK;
  } catch (error) {
    return report(error, terminal, args.includes('--json'));
  }
}

/** The command with all of its subcommands, as commander has them. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('selvedge')
    .description('Private-data processing for Hyperledger Fabric: development networks, contracts, policy.')
    .version(ownVersion(), '-V, --version', 'print the version of this command')
    .option('--dir <folder>', 'the network’s folder', '.selvedge')
    .option('--identity <MSP/user>', 'who acts, such as AuroraMSP/User1, or AuroraMSP/client on a Fabric deployment (default: a user of the first business organisation)')
    .option('--json', 'print one JSON value for machines')
    .showHelpAfterError('(add --help for what there is)')
    .configureOutput({
      writeOut: (text) => {
        terminal.out(text.trimEnd());
      },
      writeErr: (text) => {
        terminal.err(text.trimEnd());
      },
    })
    .exitOverride();
  const context = (command: Command): CommandContext => createContext(command, terminal);
  addNetworkCommands(program, context);
  addDoctorCommand(program, context);
  addInitCommand(program, context);
  addDevCommand(program, context);
  addConsoleCommands(program, context);
  addDeployCommands(program, context);
  addContractCommands(program, context);
  addCallCommands(program, context);
  addProfileCommands(program, context);
  addPolicyCommands(program, context);
  addMspCommands(program, context);
  addBrokerCommands(program, context);
  addAttestCommands(program, context);
  addFabricCommands(program, context);
  addViewCommands(program, context);
  addKeysCommands(program, context);
  return program;
}

/** By the package's name: this file runs from its sources, its build and its bundle. */
function ownVersion(): string {
  const { version } = createRequire(import.meta.url)('@selvedge/cli/package.json') as { readonly version: string };
  return version;
}

function report(error: unknown, terminal: Terminal, asJson: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  if (error instanceof UsageError) {
    terminal.err(asJson ? toJson({ error: { code: 'USAGE', message: error.message } }) : `usage: ${error.message}`);
    return EXIT_USAGE;
  }
  const refusal = withRole(error, 'cli');
  if (asJson) terminal.err(toJson({ error: refusal.toJSON() }));
  else {
    terminal.err(`${refusal.code} (refused by: ${refusal.role ?? 'unknown'}): ${refusal.message}`);
    terminal.err(`  ${refusal.action}`);
    if (refusal.code === 'INTERNAL' && refusal.cause instanceof Error) terminal.err(String(refusal.cause.stack));
  }
  return EXIT_REFUSED;
}
