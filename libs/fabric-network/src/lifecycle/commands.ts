import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSelvedgeError } from '@selvedge/errors';
import type { ChaincodePackage } from './chaincode-package.js';
import { parseApproved, parseCommitted, parseInstalled, parseReadiness, type ApprovedDefinition, type CommittedDefinition } from './outputs.js';
import { ordererArgs, runPeer } from './run-peer.js';
import type { FabricEndpoint, LifecycleAdmin, PeerProgram } from './targets.js';

/** What the organisations of a channel agree on. */
export interface ChaincodeDefinition {
  readonly channel: string;
  readonly name: string;
  readonly version: string;
  readonly sequence: number;
  readonly policy: { readonly channelConfigPolicy: string } | { readonly signaturePolicy: string };
  /** collections_config.json as text. */
  readonly collections?: string;
}

/** Installs a package on the administrator's peer. A package that is installed already is no failure. */
export async function installPackage(program: PeerProgram, admin: LifecycleAdmin, chaincodePackage: ChaincodePackage): Promise<void> {
  await withFile('package.tar.gz', chaincodePackage.bytes, async (file) => {
    try {
      await runPeer(program, admin, ['lifecycle', 'chaincode', 'install', file]);
    } catch (error) {
      if (!says(error, 'chaincode already successfully installed')) throw error;
    }
  });
}

/** Package ids on the administrator's peer. */
export async function queryInstalled(program: PeerProgram, admin: LifecycleAdmin): Promise<string[]> {
  return parseInstalled(await runPeer(program, admin, ['lifecycle', 'chaincode', 'queryinstalled', '--output', 'json']));
}

/** The committed definition; undefined when there is none. */
export async function queryCommitted(program: PeerProgram, admin: LifecycleAdmin, channel: string, name: string): Promise<CommittedDefinition | undefined> {
  try {
    return parseCommitted(await runPeer(program, admin, ['lifecycle', 'chaincode', 'querycommitted', '--channelID', channel, '--name', name, '--output', 'json']));
  } catch (error) {
    if (says(error, 'is not defined')) return undefined;
    throw error;
  }
}

/** What the administrator's organisation approved for a sequence; undefined when it did not. */
export async function queryApproved(program: PeerProgram, admin: LifecycleAdmin, input: { readonly channel: string; readonly name: string; readonly sequence: number }): Promise<ApprovedDefinition | undefined> {
  const args = ['lifecycle', 'chaincode', 'queryapproved', '--channelID', input.channel, '--name', input.name, '--sequence', String(input.sequence), '--output', 'json'];
  try {
    return parseApproved(await runPeer(program, admin, args));
  } catch (error) {
    if (says(error, 'could not fetch approved chaincode definition') || says(error, 'approved definition')) return undefined;
    throw error;
  }
}

/** Approves for the administrator's organisation, and waits until its peer has committed that. @param packageId of what its peer runs; none for an organisation whose peers do not run the chaincode */
export async function approveForMyOrg(program: PeerProgram, admin: LifecycleAdmin, orderer: FabricEndpoint, definition: ChaincodeDefinition, packageId: string | undefined): Promise<void> {
  await withDefinition(definition, (args) =>
    runPeer(program, admin, ['lifecycle', 'chaincode', 'approveformyorg', ...args, ...ordererArgs(orderer, admin), ...(packageId === undefined ? [] : ['--package-id', packageId])]),
  );
}

/** Which organisations have approved this definition, by MSP id. */
export async function checkCommitReadiness(program: PeerProgram, admin: LifecycleAdmin, definition: ChaincodeDefinition): Promise<Readonly<Record<string, boolean>>> {
  return withDefinition(definition, async (args) => parseReadiness(await runPeer(program, admin, ['lifecycle', 'chaincode', 'checkcommitreadiness', ...args, '--output', 'json'])));
}

/** Commits the definition with the endorsements of these peers, and waits until they have it. */
export async function commitDefinition(program: PeerProgram, admin: LifecycleAdmin, orderer: FabricEndpoint, definition: ChaincodeDefinition, peers: readonly FabricEndpoint[]): Promise<void> {
  const peerArgs = peers.flatMap(({ address, tlsRootCertificateFile }) => ['--peerAddresses', address, '--tlsRootCertFiles', tlsRootCertificateFile]);
  await withDefinition(definition, (args) => runPeer(program, admin, ['lifecycle', 'chaincode', 'commit', ...args, ...ordererArgs(orderer, admin), ...peerArgs]));
}

function says(error: unknown, what: string): boolean {
  return isSelvedgeError(error, 'FABRIC_COMMAND_FAILED') && error.message.includes(what);
}

/** The arguments that approve, check and commit share: all must be equal for a definition to count as agreed. */
async function withDefinition<T>(definition: ChaincodeDefinition, use: (args: readonly string[]) => Promise<T>): Promise<T> {
  const { channel, name, version, sequence, policy, collections } = definition;
  const policyArgs = 'signaturePolicy' in policy ? ['--signature-policy', policy.signaturePolicy] : ['--channel-config-policy', policy.channelConfigPolicy];
  const args = ['--channelID', channel, '--name', name, '--version', version, '--sequence', String(sequence), ...policyArgs];
  if (collections === undefined) return use(args);
  return withFile('collections.json', Buffer.from(collections), (file) => use([...args, '--collections-config', file]));
}

async function withFile<T>(name: string, content: Uint8Array, use: (file: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'selvedge-lifecycle-'));
  try {
    const file = join(directory, name);
    await writeFile(file, content, { mode: 0o600 });
    return await use(file);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
