import { Option, type Command } from 'commander';
import { SUITE_NAMES, type SuiteName } from '@selvedge/crypto';
import { createDevNetwork, DEFAULT_BUSINESS_ORGANISATIONS, readNetworkStatus, stopNetwork, type DevNetwork, type NodeStatus } from '@selvedge/dev-network';
import { SelvedgeError } from '@selvedge/errors';
import { openUpConsole } from '../console/up-console.js';
import type { CommandContext } from '../context.js';
import { table } from '../terminal.js';
import { untilSignal } from '../until-signal.js';
import { parseCount } from './deploy.js';

interface UpOptions {
  readonly brokers: string;
  readonly computeNodes: string;
  readonly viewers?: boolean;
  readonly submitter?: boolean;
  readonly ledger?: 'embedded' | 'fabric';
  readonly keepers?: 'endorsers' | 'none';
  readonly channel?: string;
  readonly suite?: SuiteName[];
  readonly deploy?: string[];
  readonly console: boolean;
  readonly consoleListen: string;
}

const BANNER = [
  'SIMULATED TEEs: this network is for development only. The processes that stand for compute nodes and the key broker',
  'attest with a development root; whoever runs this machine can read what they process.',
].join('\n');

/** `up`, `down` and `status`. */
export function addNetworkCommands(program: Command, contextOf: (command: Command) => CommandContext): void {
  program
    .command('up')
    .description('run a development network in the foreground, every role as its own process; Ctrl-C stops it')
    .addOption(new Option('--ledger <kind>', 'ledger of a new network (default: embedded); fabric starts a native Hyperledger Fabric network from the programs on PATH').choices(['embedded', 'fabric']))
    .addOption(new Option('--keepers <who>', 'who keeps copies of packets on a new Fabric network beside their owners (default: endorsers)').choices(['endorsers', 'none']))
    .option('--brokers <n>', 'replicas of the key broker of a new network', '1')
    .option('--compute-nodes <n>', 'compute nodes of a new network', '1')
    .option('--viewers', 'run a viewer beside each business node of a new network, for "selvedge view"')
    .option('--submitter', `run a submitter for the clients of ${DEFAULT_BUSINESS_ORGANISATIONS[0]} on a new network, which batches what they submit`)
    .option('--channel <name>', 'channel of a new network')
    .addOption(new Option('--suite <name...>', 'crypto suites of a new network; contracts that name none use the first (default: the first two)').choices(SUITE_NAMES))
    .option('--deploy <directory...>', 'chaincode directories to deploy at once')
    .option('--console-listen <address>', 'address of loopback, with a port, for the console; port 0 lets the system choose', '127.0.0.1:0')
    .option('--no-console', 'do not serve the console')
    .action(async (options: UpOptions, command: Command) => {
      await up(contextOf(command), options);
    });
  program
    .command('down')
    .description('stop the network that runs in the folder; its data stays')
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const stopped = await stopNetwork(context.directory);
      context.print({ stopped }, stopped.length === 0 ? `no network runs in ${context.directory}` : `stopped ${stopped.join(', ')}`);
    });
  program
    .command('status')
    .description('show every process: address, pid, height, readiness; exit code 1 unless all are ready')
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const nodes = await readNetworkStatus(context.directory);
      const isReady = nodes.length > 0 && nodes.every(({ ready }) => ready);
      context.print({ ready: isReady, simulatedTees: true, nodes }, nodes.length === 0 ? `${context.directory} holds no network` : statusTable(nodes));
      if (!isReady) throw new SelvedgeError('NOT_READY', notReady(context.directory, nodes), { role: 'cli' });
    });
}

async function up(context: CommandContext, options: UpOptions): Promise<void> {
  context.note(BANNER);
  const page = options.console ? await openUpConsole(context, options.consoleListen) : undefined;
  try {
    const network = await createDevNetwork({
      directory: context.directory,
      brokers: parseCount('--brokers', options.brokers),
      computeNodes: parseCount('--compute-nodes', options.computeNodes),
      viewers: options.viewers === true,
      submitters: options.submitter === true ? [DEFAULT_BUSINESS_ORGANISATIONS[0]] : [],
      ...(page === undefined ? {} : { environment: ({ name }) => page.environmentOf(name) }),
      ...(options.ledger === undefined ? {} : { ledger: options.ledger }),
      ...(options.keepers === undefined ? {} : { fabric: { keepers: options.keepers } }),
      ...(options.channel === undefined ? {} : { channel: options.channel }),
      ...(options.suite === undefined ? {} : { suites: options.suite }),
      ...(options.deploy === undefined ? {} : { contracts: options.deploy }),
      onProgress: ({ step, text }) => {
        context.note(`[${step}] ${text}`);
      },
    });
    try {
      const signalled = untilSignal();
      const origin = await page?.start();
      const nodes = network.nodes().map(({ name, role, mspId, address, monitoring, pid }) => ({ name, role, mspId, address, monitoring, pid }));
      context.print({ ready: true, simulatedTees: true, directory: network.directory, ...(origin === undefined ? {} : { console: origin }), nodes }, readyText(network, origin));
      await signalled;
    } finally {
      await network.stop();
    }
  } finally {
    await page?.close();
  }
}

function readyText(network: DevNetwork, origin: string | undefined): string {
  const rows = network.nodes().map(({ name, mspId, address, pid }) => [name, mspId, address, String(pid)]);
  return [
    table([['process', 'organisation', 'address', 'pid'], ...rows]),
    '',
    `Endpoints and identities: ${network.directory}`,
    'Ready (simulated TEEs). In another terminal:',
    '  selvedge deploy DIR        or, to deploy again at every change: selvedge dev DIR',
    `  selvedge invoke -n CONTRACT -c '{"Args":["function","argument"]}'`,
    ...(origin === undefined ? [] : [`Console: ${origin}; sign in with: selvedge console sign-in`]),
    'Ctrl-C stops the network; its data stays in the folder.',
  ].join('\n');
}

function statusTable(nodes: readonly NodeStatus[]): string {
  const rows = nodes.map(({ name, mspId, address, pid, ready, height, detail }) => [
    name,
    mspId,
    address,
    pid === undefined ? '-' : String(pid),
    height === undefined ? '-' : String(height),
    ready ? 'ready' : 'not ready',
    detail,
  ]);
  return table([['process', 'organisation', 'address', 'pid', 'height', 'state', ''], ...rows]);
}

function notReady(directory: string, nodes: readonly NodeStatus[]): string {
  if (nodes.length === 0) return `${directory} holds no network; "selvedge up" makes one`;
  return `not ready: ${nodes.filter(({ ready }) => !ready).map(({ name }) => name).join(', ')}`;
}
