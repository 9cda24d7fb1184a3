import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import { fetchChannelConfig, type ChannelConfig, type LifecycleAdmin } from '@selvedge/fabric-network';
import { readJson, writeWhole } from '@selvedge/service-kit/launch';
import { parseConnectionProfile, type ProfileEndpoint } from './connection-profile.js';
import { parseDeployment, type Deployment, type Endpoint, type OwnOrganisation } from './deployment.js';
import { fabricLayoutOf, type FabricLayout } from './folder-layout.js';
import { writeDeployment } from './folder.js';
import { planDeployment } from './init-plan.js';
import { findOwnFiles, relativeOwnFiles } from './own-files.js';
import { findPeerProgram } from './peer-program.js';
import { certificateNamesHost } from './tls-name.js';

/** What `selvedge fabric init` is told. */
export interface InitOptions {
  readonly directory: string;
  readonly channel: string;
  readonly network: string | undefined;
  /** Connection profiles in Fabric's common format. */
  readonly profiles: readonly string[];
  /** By MSP id: a folder with the organisation's MSP folders. */
  readonly msps: ReadonlyMap<string, string>;
  /** By MSP id: a folder with a TLS client certificate. */
  readonly clientTls: ReadonlyMap<string, string>;
  readonly business: readonly string[];
  readonly endorsers: readonly string[];
  readonly firstPort: number;
  /** Deployment file of another operator, whose settings are taken over. */
  readonly like: string | undefined;
  /** Write over a deployment file that is there. */
  readonly force: boolean;
}

interface KnownEndpoints {
  readonly peers: Map<string, Endpoint[]>;
  readonly orderers: Endpoint[];
}

/** Writes a deployment file out of connection profiles, MSP folders and the channel's own configuration. Throws INVALID_CONFIGURATION, FABRIC_COMMAND_FAILED. */
export async function initDeployment(options: InitOptions): Promise<{ readonly file: string; readonly deployment: Deployment }> {
  const layout = fabricLayoutOf(resolve(options.directory));
  if (!options.force && existsSync(layout.deploymentFile)) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `${layout.deploymentFile} is there already; edit it, or write it anew with --force`, { role: 'cli' });
  }
  const known = await readProfiles(layout, options.profiles);
  const own = new Map<string, OwnOrganisation['own']>();
  for (const [mspId, folder] of options.msps) own.set(mspId, await findOwnFiles(mspId, folder, options.clientTls.get(mspId)));
  const channelConfig = await readChannel(layout, options.channel, known, own);
  await writeTlsRoots(layout, channelConfig);
  const at = (path: string): string => relative(layout.directory, path);
  const deployment = planDeployment({
    network: options.network ?? options.channel,
    channel: options.channel,
    channelConfig,
    own: new Map([...own].map(([mspId, files]) => [mspId, relativeOwnFiles(at, files)])),
    peers: new Map([...known.peers].map(([mspId, endpoints]) => [mspId, endpoints.map((endpoint) => ({ ...endpoint, tlsRoots: at(endpoint.tlsRoots) }))])),
    orderer: known.orderers.map((endpoint) => ({ ...endpoint, tlsRoots: at(endpoint.tlsRoots) }))[0],
    tlsRootsOf: (mspId) => at(tlsRootsFile(layout, mspId)),
    business: options.business,
    endorsers: options.endorsers,
    firstPort: options.firstPort,
    like: options.like === undefined ? undefined : parseDeployment(await readJson(options.like), options.like),
  });
  await writeDeployment(layout, deployment);
  return { file: layout.deploymentFile, deployment };
}

async function readProfiles(layout: FabricLayout, files: readonly string[]): Promise<KnownEndpoints> {
  const known: KnownEndpoints = { peers: new Map(), orderers: [] };
  for (const file of files) {
    const { organisations, orderers } = parseConnectionProfile(await readText(file), file);
    const endpoint = (found: ProfileEndpoint): Promise<Endpoint> => storeEndpoint(layout, dirname(file), found);
    for (const { mspId, peers } of organisations) known.peers.set(mspId, [...(known.peers.get(mspId) ?? []), ...(await Promise.all(peers.map(endpoint)))]);
    known.orderers.push(...(await Promise.all(orderers.map(endpoint))));
  }
  return known;
}

async function storeEndpoint(layout: FabricLayout, folder: string, { address, tlsRoots, hostnameOverride }: ProfileEndpoint): Promise<Endpoint> {
  const file = 'path' in tlsRoots ? resolve(folder, tlsRoots.path) : join(layout.directory, 'fabric-tls', `${address.replaceAll(/[^A-Za-z0-9.-]/g, '_')}.pem`);
  if ('pem' in tlsRoots) await writeWhole(file, tlsRoots.pem);
  const isNeeded = hostnameOverride !== undefined && !(await certificateNamesHost(address));
  return { address, tlsRoots: file, ...(isNeeded ? { hostnameOverride } : {}) };
}

/** Asks the first peer of an organisation that is operated here. */
async function readChannel(layout: FabricLayout, channel: string, known: KnownEndpoints, own: ReadonlyMap<string, OwnOrganisation['own']>): Promise<ChannelConfig> {
  for (const [mspId, { admin, clientTls }] of own) {
    const [peer] = known.peers.get(mspId) ?? [];
    if (peer === undefined) continue;
    const asker: LifecycleAdmin = {
      mspId,
      mspDirectory: admin,
      peer: { address: peer.address, tlsRootCertificateFile: peer.tlsRoots, ...(peer.hostnameOverride === undefined ? {} : { hostnameOverride: peer.hostnameOverride }) },
      ...(clientTls === undefined ? {} : { clientTls: { certificateFile: clientTls.certificate, privateKeyFile: clientTls.privateKey } }),
    };
    return fetchChannelConfig(await findPeerProgram(layout.clientConfig), asker, channel);
  }
  throw new SelvedgeError('INVALID_CONFIGURATION', `no connection profile names a peer of ${[...own.keys()].join(', ') || 'an organisation that --msp names'}; --profile takes several files`, { role: 'cli' });
}

function tlsRootsFile(layout: FabricLayout, mspId: string): string {
  return join(layout.directory, 'fabric-tls', `${mspId}.pem`);
}

async function writeTlsRoots(layout: FabricLayout, { organisations, orderers }: ChannelConfig): Promise<void> {
  for (const { mspId, tlsRootCertificatesPem } of [...organisations, ...orderers]) {
    await writeWhole(tlsRootsFile(layout, mspId), tlsRootCertificatesPem.map((pem) => `${pem.trimEnd()}\n`).join(''));
  }
}

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new SelvedgeError('INVALID_CONFIGURATION', `cannot read ${file}`, { role: 'cli', cause });
  });
}
