import type { Command } from 'commander';
import type { ListenSetting } from '@selvedge/console';
import { findPlace } from '../console/place-file.js';
import { runConsole } from '../console/run-console.js';
import type { CommandContext } from '../context.js';
import { readInput } from '../read-file.js';
import { untilSignal } from '../until-signal.js';
import { UsageError } from '../usage-error.js';
import { parseNumber } from './fabric-options.js';

interface ServeOptions {
  readonly listen: string;
  readonly expose?: boolean;
  readonly hostName?: string;
  readonly tlsCertificate?: string;
  readonly tlsKey?: string;
  readonly tracesPort?: string;
}

const MAX_PORT = 65_535;

/** `console serve` and `console sign-in`. */
export function addConsoleCommands(program: Command, contextOf: (command: Command) => CommandContext): void {
  const group = program.command('console').description('the network as a web page: processes, requests hop by hop, views, policy, metrics');
  group
    .command('serve', { isDefault: true })
    .description('serve the console of a network that runs, in the foreground; "selvedge up" serves its own')
    .option('--listen <address>', 'IP address and port; port 0 lets the system choose', '127.0.0.1:0')
    .option('--expose', 'allow an address that other machines reach; it needs a TLS certificate')
    .option('--host-name <name>', 'name that people open the console by, where it is not the address')
    .option('--tls-certificate <file>', 'PEM certificate chain')
    .option('--tls-key <file>', 'PEM private key')
    .option('--traces-port <port>', 'take spans of the network’s processes on this port of loopback; prints where they are to send them')
    .action(async (options: ServeOptions, command: Command) => {
      await serve(contextOf(command), options);
    });
  group
    .command('sign-in')
    .description('sign in to the console that runs for this folder, as the identity of --identity: prints a link that opens once')
    .action(async (_options: unknown, command: Command) => {
      await signIn(contextOf(command));
    });
}

async function serve(context: CommandContext, options: ServeOptions): Promise<void> {
  const { createSpanStore, startSpanReceiver } = await import('@selvedge/console');
  const spans = createSpanStore();
  const receiver = options.tracesPort === undefined ? undefined : await startSpanReceiver(spans, parseNumber('--traces-port', options.tracesPort, 0, MAX_PORT));
  try {
    const running = await runConsole(context, await listenSetting(options), spans);
    const signalled = untilSignal();
    const traces = receiver?.endpoint('NODE');
    context.print(
      { ready: true, console: running.origin, ...(traces === undefined ? {} : { traces }) },
      [`Console: ${running.origin}`, 'Sign in with: selvedge console sign-in', ...(traces === undefined ? [] : [`Spans, with the node’s name for NODE: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=${traces}`])].join('\n'),
    );
    await signalled;
    await running.close();
  } finally {
    await receiver?.close();
  }
}

async function listenSetting({ listen, expose, hostName, tlsCertificate, tlsKey }: ServeOptions): Promise<ListenSetting> {
  if ((tlsCertificate === undefined) !== (tlsKey === undefined)) throw new UsageError('--tls-certificate and --tls-key belong together');
  const tls = tlsCertificate === undefined || tlsKey === undefined ? undefined : { certificatePem: await readPem(tlsCertificate), privateKeyPem: await readPem(tlsKey) };
  return { listen, exposed: expose === true, hostName, tls };
}

async function readPem(file: string): Promise<string> {
  return new TextDecoder().decode(await readInput(file));
}

async function signIn(context: CommandContext): Promise<void> {
  const { requestSignInLink } = await import('@selvedge/console');
  const folder = await context.openFolder();
  const { signer, user } = await context.namedIdentity(folder);
  const { network, channel } = folder.connectionProfile;
  const { url, canSign } = await requestSignInLink({ origin: await findPlace(context.directory), network, channel, signer, user });
  if (!context.isJson) context.note(`Open this once, within two minutes; it signs you in as ${signer.mspId}/${user}${canSign ? '' : ', to look only: the console does not hold this key'}:`);
  context.print({ url, mspId: signer.mspId, user, canSign }, url);
}
