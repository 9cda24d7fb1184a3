import { resolve } from 'node:path';
import type { FabricSection } from '@selvedge/client';
import { endorsersOf } from '@selvedge/policy';
import { SelvedgeError } from '@selvedge/errors';
import type { ContractPolicy } from '@selvedge/protocol';
import { readKeyPair, writeKeyPair, writeWhole, type KeyPairPem } from '@selvedge/service-kit/launch';
import { findBundles } from '../bundles.js';
import { ADMIN, FIRST_USER, ORDERER, organisationsOf, PEER } from '../identities.js';
import { layoutOf } from '../layout.js';
import type { PlannedNode } from '../node-configs.js';
import { createNodeGroup } from '../node-group.js';
import { settingsOf, type ProgressEvent } from '../options.js';
import { ensureTls } from '../tls.js';
import { untilDiscovered } from './channel.js';
import { createEndorsementDeployer } from './deploy-endorsement.js';
import { fabricNodes, fabricSection, openFabricLedger } from './fabric-ledger.js';
import type { FabricOptions } from './fabric-options.js';
import { startFabric } from './fabric-start.js';
import { createServerStarts } from './server-starts.js';

/** What an organisation has of its own: a CA, and an identity of each role. */
export interface OrganisationMaterial {
  readonly ca: KeyPairPem;
  readonly admin: KeyPairPem;
  readonly peer: KeyPairPem;
  readonly client: KeyPairPem;
  readonly orderer: KeyPairPem;
}

export interface BareFabricOptions {
  /** Everything lies below it. */
  readonly directory: string;
  readonly network: string;
  readonly channel: string;
  readonly organisation: (mspId: string) => OrganisationMaterial;
  /** SignedProfile bytes, which the policy chaincode pins. */
  readonly signedProfile: Uint8Array;
  /** PolicyTransaction bytes that record it. */
  readonly genesis: Uint8Array;
  readonly fabric?: FabricOptions;
  readonly onProgress?: (event: ProgressEvent) => void;
}

/** Orderer, peers, policy and endorsement chaincodes: a network's Fabric side, without Selvedge's own nodes. */
export interface BareFabric {
  /** How peers are reached; paths are absolute. */
  section(): FabricSection;
  /** TLS certificate and key of an organisation's client: peers ask for one. */
  clientTls(mspId: string): Promise<KeyPairPem>;
  /** Deploys a contract's endorsement chaincode, or brings its collections to a changed policy. */
  deploy(policy: ContractPolicy): Promise<void>;
  /** Ends orderer and peers with SIGKILL and starts them again; resolves when they can endorse again. */
  restart(policy: ContractPolicy): Promise<void>;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;

/** Starts a Fabric network of given organisations, with the default names. Throws what createDevNetwork throws on Fabric. */
export async function startBareFabric(options: BareFabricOptions): Promise<BareFabric> {
  const layout = layoutOf(resolve(options.directory));
  const settings = settingsOf({ ledger: 'fabric', network: options.network, channel: options.channel });
  const organisations = organisationsOf(settings);
  for (const mspId of organisations) {
    const { ca, admin, peer, client, orderer } = options.organisation(mspId);
    await writeKeyPair(layout.caDirectory(mspId), ca);
    for (const [user, pair] of [[ADMIN, admin], [PEER, peer], [FIRST_USER, client], [ORDERER, orderer]] as const) await writeKeyPair(layout.userDirectory(mspId, user), pair);
  }
  await writeWhole(layout.profileFile, options.signedProfile);
  await writeWhole(layout.genesisFile, options.genesis);
  await ensureTls(layout, organisations, [FIRST_USER, ADMIN], new Date());
  const ledger = await openFabricLedger({ layout, settings, options: options.fabric ?? {}, isNew: true });
  const group = createNodeGroup({ layout, settings, bundles: findBundles({}, 'fabric'), options: { directory: layout.directory }, known: new Map(), fabric: ledger });
  const progress = options.onProgress ?? (() => undefined);
  try {
    await startFabric({ ledger, settings, group, isNew: true, progress });
  } catch (error) {
    await group.endAll();
    throw error;
  }
  const servers = createServerStarts({ ledger, group, onStarted: () => Promise.resolve(), onFailure: () => undefined });
  const deployer = createEndorsementDeployer(ledger.target, (plan) => servers.start(plan));
  const programs = (): PlannedNode[] => fabricNodes(ledger.plan()).filter(({ service }) => service === 'orderer' || service === 'peer');
  return {
    section: () => fabricSection(layout, ledger.plan()),
    async clientTls(mspId) {
      const pair = await readKeyPair(layout.userTlsDirectory(mspId, FIRST_USER));
      if (pair === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `${layout.directory} has no TLS certificate of ${mspId}`, { role: 'cli' });
      return pair;
    },
    async deploy(policy) {
      await deployer.deploy(policy);
    },
    async restart(policy) {
      await Promise.all(programs().map(({ name }) => group.end(name, 'SIGKILL')));
      await Promise.all(programs().map((node) => group.start(node)));
      const { peers } = ledger.plan();
      const endorsers = endorsersOf(policy);
      await untilDiscovered(ledger.target, { among: peers, running: { chaincode: policy.name, at: peers.filter(({ mspId }) => endorsers.includes(mspId)) }, timeoutMs: READY_TIMEOUT_MS });
    },
    async stop() {
      await servers.close();
      await group.endAll();
    },
  };
}
