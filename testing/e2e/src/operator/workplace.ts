import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPlainFabric, type FabricAccess, type PlainFabric } from '@selvedge/dev-network';

/** What one command gave. */
export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A folder as an operator has it, beside a Fabric network that runs and knows nothing of Selvedge. */
export interface Workplace {
  readonly directory: string;
  /** The network below, for chaincode that runs there without Selvedge. */
  readonly fabric: FabricAccess;
  /** Runs one line of the page in a shell. */
  run(command: string): Promise<CommandResult>;
  /** Leaves a line of the page running, as another terminal would. */
  leaveRunning(command: string): void;
  /** Ends what was left running, then the network, and removes the folder. */
  end(): Promise<void>;
}

const REPOSITORY = fileURLToPath(new URL('../../../..', import.meta.url));
const CHAINCODE = path.join(REPOSITORY, 'testing/e2e/contracts/assets');
const END_TIMEOUT_MS = 30_000;
// Below the ports that the network's own processes take.
const FIRST_BLOCK = 10_000;
const LAST_BLOCK = 19_000;
const BLOCK = 100;

/** Starts a network of these organisations and lays out connection profiles, MSP folders and a chaincode as the page names them. */
export async function createWorkplace(mspIds: readonly string[]): Promise<Workplace> {
  const root = mkdtempSync(path.join(tmpdir(), 'selvedge-operator-'));
  const directory = path.join(root, 'work');
  const network = await startPlainFabric({ directory: path.join(root, 'fabric'), channel: 'mychannel', businessOrganisations: mspIds, endorserOrganisations: mspIds });
  layOut(directory, network);
  writeCommand(directory);
  const running: ChildProcess[] = [];
  const environment = { ...process.env, PATH: `${path.join(directory, 'bin')}:${process.env.PATH ?? ''}` };
  return {
    directory,
    fabric: network.access,
    run: (command) => execute(spawn('/bin/sh', ['-c', command], { cwd: directory, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })),
    leaveRunning(command) {
      const log = openSync(path.join(root, `left-${String(running.length)}.log`), 'a');
      running.push(spawn('/bin/sh', ['-c', `exec ${command}`], { cwd: directory, env: environment, stdio: ['ignore', log, log] }));
    },
    async end() {
      await Promise.all(running.map(endProcess));
      await network.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Gives the chaincode another version and leaves the rest as it is. */
export function changeVersion(directory: string, version: string): void {
  const file = path.join(directory, 'path/to/chaincode/package.json');
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), version }));
}

/** Changes the chaincode as a developer would: another version, and a collection for one more organisation. */
export function changeChaincode(directory: string, version: string, added: { readonly collection: string; readonly mspId: string }): void {
  const folder = path.join(directory, 'path/to/chaincode');
  changeVersion(directory, version);
  const collections = JSON.parse(readFileSync(path.join(folder, 'collections_config.json'), 'utf8')) as object[];
  writeFileSync(path.join(folder, 'collections_config.json'), JSON.stringify([...collections, { ...collections[0], name: added.collection, policy: `OR('${added.mspId}.member')` }]));
}

function layOut(directory: string, { organisations }: PlainFabric): void {
  for (const { mspId, connectionProfile, mspFolder, clientTlsFolder, peerConfig } of organisations) {
    const short = mspId.replace(/MSP$/, '').toLowerCase();
    const folder = path.join(directory, 'organizations', short);
    for (const [user, name] of [['Admin', 'users/Admin'], ['User1', 'users/User1'], ['peer0', 'peers/peer0']] as const) {
      cpSync(path.join(mspFolder, 'identities', user, 'msp'), path.join(folder, name, 'msp'), { recursive: true });
    }
    cpSync(clientTlsFolder, path.join(folder, 'users/Admin/tls'), { recursive: true });
    cpSync(peerConfig, path.join(folder, 'core.yaml'));
    cpSync(connectionProfile, path.join(directory, `connection-${short}.json`));
  }
  const chaincode = path.join(directory, 'path/to/chaincode');
  cpSync(CHAINCODE, chaincode, { recursive: true });
  symlinkSync(path.join(REPOSITORY, 'node_modules'), path.join(chaincode, 'node_modules'));
}

/** `npx selvedge` is this repository's command; a new deployment gets ports of its own. */
function writeCommand(directory: string): void {
  const port = FIRST_BLOCK + BLOCK * randomInt((LAST_BLOCK - FIRST_BLOCK) / BLOCK);
  const file = path.join(directory, 'bin/npx');
  mkdirSync(path.dirname(file), { recursive: true });
  const selvedge = path.join(REPOSITORY, 'apps/cli/bin/selvedge.js');
  writeFileSync(file, `#!/bin/sh\nshift\ncase "$* " in\n  *"fabric init "*" --like "*) ;;\n  *"fabric init "*) set -- "$@" --first-port ${String(port)} ;;\nesac\nexec "${process.execPath}" "${selvedge}" "$@"\n`);
  chmodSync(file, 0o755);
}

function execute(child: ChildProcess): Promise<CommandResult> {
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk.toString('utf8')));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk.toString('utf8')));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code: code ?? 1, out: out.join(''), err: err.join('') });
    });
  });
}

function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), END_TIMEOUT_MS);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
