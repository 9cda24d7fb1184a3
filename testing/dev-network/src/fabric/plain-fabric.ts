import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeJson, type NodeProcess } from '@selvedge/service-kit/launch';
import { ADMIN, createIdentities, FIRST_USER, organisationsOf } from '../identities.js';
import { layoutOf } from '../layout.js';
import { settingsOf, type DevNetworkOptions } from '../options.js';
import { ensureTls } from '../tls.js';
import { joinOrderer, joinPeer, untilDiscovered } from './channel.js';
import { fabricAccess, type FabricAccess } from './fabric-access.js';
import { fabricLayout } from './fabric-layout.js';
import { openFabricLedger } from './fabric-ledger.js';
import { HOST, HOST_NAME } from './fabric-plan.js';
import type { FabricOptions } from './fabric-options.js';
import { startOrderer, startPeer } from './fabric-processes.js';

/** Which organisations a plain Fabric network has, and how it orders. */
export interface PlainFabricOptions extends Pick<DevNetworkOptions, 'directory' | 'channel' | 'businessOrganisations' | 'endorserOrganisations'> {
  readonly fabric?: FabricOptions;
}

/** What an operator of such a network has at hand for one organisation. */
export interface PlainOrganisation {
  readonly mspId: string;
  /** Connection profile in Fabric's common format. */
  readonly connectionProfile: string;
  /** Folder with the MSP folders of its administrator, peer and user. */
  readonly mspFolder: string;
  /** Folder with a TLS client certificate (cert.pem, key.pem), which its peer asks for. */
  readonly clientTlsFolder: string;
  /** core.yaml of its peer. */
  readonly peerConfig: string;
}

/** A running Fabric network with a channel and nothing of Selvedge. */
export interface PlainFabric {
  readonly channel: string;
  readonly organisations: readonly PlainOrganisation[];
  readonly access: FabricAccess;
  /** Ends its processes, and no others. */
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;

/** Starts an orderer and a peer for each organisation, with a channel that all have joined: what an operator has before Selvedge comes. */
export async function startPlainFabric(options: PlainFabricOptions): Promise<PlainFabric> {
  const layout = layoutOf(resolve(options.directory));
  const settings = settingsOf({ ...options, ledger: 'fabric' });
  const now = new Date();
  await createIdentities(layout, settings, now);
  await ensureTls(layout, organisationsOf(settings), [FIRST_USER, ADMIN], now);
  const ledger = await openFabricLedger({ layout, settings, options: options.fabric ?? {}, isNew: true });
  const { target } = ledger;
  const { plan } = target;
  const processes: NodeProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(processes.map((process) => process.end('SIGTERM')));
  };
  const common = { ...target, environment: {}, readyTimeoutMs: READY_TIMEOUT_MS };
  try {
    processes.push(await startOrderer(common));
    await Promise.all(plan.peers.map(async (peer) => processes.push(await startPeer(common, peer))));
    await joinOrderer(target, READY_TIMEOUT_MS);
    for (const peer of plan.peers) await joinPeer(target, peer);
    await untilDiscovered(target, { among: plan.peers, timeoutMs: READY_TIMEOUT_MS });
  } catch (error) {
    await stop();
    throw error;
  }
  const fabric = fabricLayout(layout);
  const pem = async (mspId: string): Promise<string> => readFile(fabric.tlsRoot(mspId), 'utf8');
  const organisations = await Promise.all(
    plan.peers.map(async ({ name, mspId, port }) => {
      const connectionProfile = join(fabric.directory, `connection-${mspId}.json`);
      const tls = async (owner: string) => ({ tlsCACerts: { pem: await pem(owner) }, grpcOptions: { 'ssl-target-name-override': HOST_NAME } });
      await writeJson(connectionProfile, {
        name: `${plan.channel} of ${mspId}`,
        version: '1.0.0',
        client: { organization: mspId },
        organizations: { [mspId]: { mspid: mspId, peers: [name] } },
        peers: { [name]: { url: `grpcs://${HOST}:${String(port)}`, ...(await tls(mspId)) } },
        orderers: { orderer: { url: `grpcs://${HOST}:${String(plan.orderer.port)}`, ...(await tls(plan.orderer.mspId)) } },
      });
      return {
        mspId,
        connectionProfile,
        mspFolder: join(fabric.organisationMsp(mspId), '..'),
        clientTlsFolder: layout.userTlsDirectory(mspId, ADMIN),
        peerConfig: join(layout.nodeDirectory(name), 'core.yaml'),
      };
    }),
  );
  return { channel: plan.channel, organisations, access: fabricAccess(ledger), stop };
}
