import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { SelvedgeError } from '@selvedge/errors';
import type { CommandContext } from '../context.js';
import type { Deployment } from '../fabric/deployment.js';
import { fabricLayoutOf } from '../fabric/folder-layout.js';
import { openFabricFolder } from '../fabric/folder.js';
import { initDeployment } from '../fabric/init.js';
import { superviseServices } from '../fabric/start.js';
import { statusText } from '../fabric/status-text.js';
import { readFabricStatus, type FabricStatus } from '../fabric/status.js';
import { lockedText, submitOwnShares } from '../fabric/unlock-keys.js';
import type { WrittenService } from '../fabric/write-services.js';
import { table } from '../terminal.js';
import { untilSignal } from '../until-signal.js';
import { UsageError } from '../usage-error.js';
import { addFabricDeployCommands } from './fabric-deploy.js';
import { parseByOrganisation, parseNumber } from './fabric-options.js';

interface InitOptions {
  readonly channel: string;
  readonly profile: string[];
  readonly msp: string[];
  readonly clientTls?: string[];
  readonly network?: string;
  readonly business?: string[];
  readonly endorser?: string[];
  readonly firstPort: string;
  readonly like?: string;
  readonly force?: boolean;
}

const MAX_FIRST_PORT = 65_435;

/** `fabric …`: Selvedge on a Hyperledger Fabric network that runs already. docs/fabric.md is its page. */
export function addFabricCommands(program: Command, contextOf: (command: Command) => CommandContext): void {
  const fabric = program.command('fabric').description('Selvedge on a Hyperledger Fabric network that runs already; docs/fabric.md explains the steps');
  fabric
    .command('init')
    .description('write the deployment file, from connection profiles, MSP folders and the channel’s own configuration')
    .requiredOption('-C, --channel <channel>', 'the channel')
    .requiredOption('--profile <file...>', 'connection profiles in Fabric’s common format (JSON or YAML), with a peer of each organisation operated here')
    .requiredOption('--msp <MSP=folder...>', 'organisations operated here, each with a folder that holds MSP folders of an administrator, a peer and a client')
    .option('--client-tls <MSP=folder...>', 'TLS client certificates, where peers and orderers ask for them (default: the tls folder beside the administrator’s MSP)')
    .option('--business <MSP...>', 'organisations that keep data (default: those operated here that do not endorse; without either option, they do both)')
    .option('--endorser <MSP...>', 'organisations that endorse (default: those operated here that keep no data)')
    .option('--network <name>', 'name of the Selvedge network (default: the channel’s)')
    .option('--first-port <port>', 'first port of Selvedge’s processes; each organisation takes 20', '17000')
    .option('--like <file>', 'take everything but the own folders over from another operator’s deployment (shared/deployment.json)')
    .option('--force', 'write over a deployment file')
    .action(async (options: InitOptions, command: Command) => {
      const context = contextOf(command);
      const { file, deployment } = await initDeployment({
        directory: context.directory,
        channel: options.channel,
        network: options.network,
        profiles: options.profile,
        msps: parseByOrganisation('--msp', options.msp),
        clientTls: parseByOrganisation('--client-tls', options.clientTls ?? []),
        business: options.business ?? [],
        endorsers: options.endorser ?? [],
        firstPort: parseNumber('--first-port', options.firstPort, 1, MAX_FIRST_PORT),
        like: options.like,
        force: options.force === true,
      });
      context.print({ file, deployment }, initText(file, deployment));
    });
  fabric
    .command('start')
    .description('run this folder’s processes in the foreground, also those that a deployment adds; Ctrl-C stops them')
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const layout = fabricLayoutOf(resolve(context.directory));
      const { deployment } = await openFabricFolder(context.directory);
      context.note('SIMULATED TEEs: for development only; whoever runs the machine of the key broker, of a compute node or of a viewer can read what they process.');
      const note = (text: string): void => {
        context.note(text);
      };
      const unlock = async (address: string): Promise<void> => {
        const { profile, connectionProfile } = await context.openFolder();
        const status = await submitOwnShares(layout, deployment, { connectionProfile: { ...connectionProfile, keyBroker: address }, profile });
        if (status.locked) note(lockedText(status));
      };
      const onStarted = ({ service, address }: WrittenService): Promise<void> => (service === 'key-broker' && existsSync(layout.networkFile) ? unlock(address) : Promise.resolve());
      await superviseServices(layout, { signal: abortedBySignal(), note, onStarted });
    });
  addFabricDeployCommands(fabric, contextOf);
  fabric
    .command('status')
    .description('show chaincodes, contracts and their key epochs, proposals, and every process with its height; exit code 1 unless all is ready')
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const status = await readFabricStatus(await openFabricFolder(context.directory));
      context.print(status, statusText(status));
      if (!status.ready) throw new SelvedgeError('NOT_READY', notReady(status), { role: 'cli' });
    });
  fabric.action((_options: unknown, command: Command) => {
    const [unknown] = command.args;
    throw new UsageError(unknown === undefined ? 'fabric: which command? "selvedge fabric --help" lists them' : `fabric: there is no command ${unknown}; "selvedge fabric --help" lists them`);
  });
}

function notReady({ chaincodes, nodes, problems }: FabricStatus): string {
  const missing = [...chaincodes.filter(({ version }) => version === undefined).map(({ name }) => `chaincode ${name}`), ...nodes.filter(({ ready }) => !ready).map(({ name }) => name)];
  if (missing.length === 0) return problems.length === 0 ? 'not everything of the deployment file is on the channel yet: run "selvedge fabric deploy"' : problems.join('; ');
  return `not ready: ${missing.join(', ')}`;
}

function abortedBySignal(): AbortSignal {
  const stop = new AbortController();
  void untilSignal().then(() => {
    stop.abort();
  });
  return stop.signal;
}

function initText(file: string, { organisations, keyBroker, computeNodes, adminQuorum }: Deployment): string {
  const rows = organisations.map(({ mspId, roles, peers, services, own }) => [mspId, roles.join(', '), peers.map(({ address }) => address).join(' '), `${services.host}:${String(services.firstPort)} and up`, own === undefined ? 'elsewhere' : 'here']);
  return [
    table([['organisation', 'roles', 'peers', 'Selvedge processes', 'operated'], ...rows]),
    `key broker of ${keyBroker.mspId} at ${keyBroker.address}; compute nodes: ${computeNodes.map(({ nodeId, address }) => `${nodeId} at ${address}`).join(', ')} (simulated TEEs, for development only)`,
    `${String(adminQuorum)} of ${String(organisations.length)} organisations approve changes of policy`,
    `Wrote ${file}: read it through, then "selvedge fabric start" in another terminal and "selvedge fabric deploy DIR".`,
  ].join('\n');
}
