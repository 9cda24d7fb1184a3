import { resolve } from 'node:path';
import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { verifySignedProfile } from '@selvedge/policy';
import { readIfPresent } from '@selvedge/service-kit/launch';
import { recordBroker } from './broker-bootstrap.js';
import { findBundles, measureBundles } from './bundles.js';
import type { DevNetwork } from './dev-network.js';
import { findFabricBinaries } from './fabric/binaries.js';
import { openFabricLedger } from './fabric/fabric-ledger.js';
import { startFabric } from './fabric/fabric-start.js';
import { createGenesis } from './genesis.js';
import { ADMIN, createIdentities, ensureSubmitterIdentity, FIRST_USER, loadAdmins, organisationsOf, policySubmitter } from './identities.js';
import { layoutOf, type Layout } from './layout.js';
import { createLiveNetwork } from './live-network.js';
import { plannedBrokers, plannedComputeNode, plannedNodes, plannedSubmitters, plannedViewers } from './node-configs.js';
import { createNodeGroup } from './node-group.js';
import { settingsOf, verifyOptions, type DevNetworkOptions, type NetworkSettings } from './options.js';
import { createPlatform, createTeeRoot } from './platforms.js';
import { openPolicySession } from './policy-session.js';
import { isStillRunning, readProcesses } from './processes.js';
import { readSavedNetwork, type SavedNetwork } from './saved-network.js';
import { untilComputeReady, untilViewersReady } from './readiness.js';
import { ensureTls } from './tls.js';
import { ensureUnlockKeys } from './unlock.js';

/**
 * Starts a network of separate processes: a new one, through the whole bootstrap of DESIGN 3, or the one that lies in
 * the folder. Rejects with the tail of the log when a process ends at its start, and leaves no process behind.
 */
export async function createDevNetwork(options: DevNetworkOptions): Promise<DevNetwork> {
  verifyOptions(options);
  const layout = layoutOf(resolve(options.directory));
  await refuseSecondStart(layout);
  const saved = await readSavedNetwork(layout);
  const ledger = saved?.settings.ledger ?? options.ledger;
  if (ledger === 'fabric') findFabricBinaries();
  const bundles = findBundles(options.bundles, ledger);
  const measured = measureBundles(bundles);
  const measurements = { compute: toHex(measured.compute), keyBroker: toHex(measured.keyBroker), viewer: toHex(measured.viewer) };
  if (saved !== undefined) {
    refuseOtherLedger(layout, saved, options.ledger);
    refuseOtherCode(layout, saved, measurements);
  }
  const settings = saved?.settings ?? settingsOf(options);
  const progress = options.onProgress ?? (() => undefined);

  if (saved === undefined) {
    progress({ step: 'identities', text: `making organisations and their identities in ${layout.directory}` });
    const now = new Date();
    await createIdentities(layout, settings, now);
    const teeRoot = await createTeeRoot(layout, settings.network, now);
    const unlockKeys = await ensureUnlockKeys(layout, settings);
    await createGenesis(layout, settings, { teeRoot, measurements: measured, unlockKeys, keyAccess: options.keyAccess ?? [], quorum: options.quorum });
    progress({ step: 'profile', text: `network profile signed by administrators of ${String(settings.adminQuorum)} or more organisations` });
  }
  await ensureTls(layout, organisationsOf(settings), [FIRST_USER, ADMIN], new Date());
  for (const { mspId } of plannedSubmitters(settings)) await ensureSubmitterIdentity(layout, mspId);
  const signedProfile = await readIfPresent(layout.profileFile);
  if (signedProfile === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `${layout.profileFile} is missing`, { role: 'cli' });
  const profile = verifySignedProfile(signedProfile);

  const computeNodes = saved?.computeNodes ?? Array.from({ length: options.computeNodes ?? 1 }, (_unused, i) => plannedComputeNode(settings, i + 1));
  const viewers = plannedViewers(settings);
  for (const { name } of [...plannedBrokers(settings), ...computeNodes, ...viewers]) await createPlatform(layout, name, new Date());

  const fabric = ledger === 'fabric' ? await openFabricLedger({ layout, settings, options: options.fabric ?? {}, isNew: saved === undefined }) : undefined;
  const group = createNodeGroup({ layout, settings, bundles, options, known: new Map(Object.entries(saved?.addresses ?? {})), fabric });
  const network = createLiveNetwork({ layout, settings, options, group, profile, signedProfile, measurements, fabric });
  try {
    if (fabric !== undefined) await startFabric({ ledger: fabric, settings, group, isNew: saved === undefined, progress });
    await network.recordRunning();
    await startInOrder(settings, group, progress);
    await network.writeEndpoints();
    if (saved === undefined) {
      progress({ step: 'bootstrap', text: 'administrators verify the key broker’s evidence and record its root and envelope keys' });
      const connectionProfile = network.connectionProfile();
      const session = openPolicySession({ connectionProfile, profile, submitter: await policySubmitter(layout, settings) });
      try {
        await recordBroker({ connectionProfile, profile, session, administrators: await loadAdmins(layout, settings), now: new Date() });
      } finally {
        session.close();
      }
    }
    // They join the first one, by the root that the ledger records.
    for (const node of plannedBrokers(settings).slice(1)) await group.start(node);
    await Promise.all([...computeNodes, ...viewers].map((node) => group.start(node)));
    await network.writeEndpoints();
    await untilComputeReady(network.connectionProfile(), options.readyTimeoutMs);
    await untilViewersReady(network.connectionProfile(), options.readyTimeoutMs);
    // They read network.json, and clients find them in it.
    await Promise.all(plannedSubmitters(settings).map((node) => group.start(node)));
    await network.writeEndpoints();
    for (const contract of options.contracts ?? []) await network.deploy(contract);
    return network;
  } catch (error) {
    await network.stop();
    throw error;
  }
}

async function startInOrder(settings: NetworkSettings, group: ReturnType<typeof createNodeGroup>, progress: NonNullable<DevNetworkOptions['onProgress']>): Promise<void> {
  progress({ step: 'start', text: `starting ${settings.ledger === 'fabric' ? 'followers' : 'sequencer, endorsers'}, business nodes and the key broker (its TEE is simulated)` });
  const [first] = plannedBrokers(settings);
  const nodes = plannedNodes(settings).filter(({ service, name }) => service !== 'key-broker' || name === first?.name);
  // Each wave needs the addresses of the one before.
  for (const wave of [['sequencer'], ['endorser', 'business'], ['key-broker']]) {
    await Promise.all(nodes.filter(({ service }) => wave.includes(service)).map((node) => group.start(node)));
  }
}

async function refuseSecondStart(layout: Layout): Promise<void> {
  const processes = await readProcesses(layout);
  const running = processes === undefined ? [] : [processes.supervisor, ...processes.nodes].filter(isStillRunning);
  if (running.length === 0) return;
  const list = running.map(({ name, pid }) => `${name} (pid ${String(pid)})`).join(', ');
  throw new SelvedgeError('INVALID_CONFIGURATION', `the network in ${layout.directory} runs already: ${list}; "selvedge down" stops it`, { role: 'cli' });
}

function refuseOtherLedger(layout: Layout, { settings }: SavedNetwork, wanted: DevNetworkOptions['ledger']): void {
  const { ledger = 'embedded' } = settings;
  if (wanted === undefined || wanted === ledger) return;
  throw new SelvedgeError('INVALID_CONFIGURATION', `the network in ${layout.directory} has the ledger ${ledger}; start one on ${wanted} in another folder`, { role: 'cli' });
}

/** Evidence of other code would be refused by everyone; better to say so at once. */
function refuseOtherCode(layout: Layout, saved: SavedNetwork, measurements: SavedNetwork['measurements']): void {
  const isViewerSame = saved.settings.viewers !== true || saved.measurements.viewer === measurements.viewer;
  if (saved.measurements.compute === measurements.compute && saved.measurements.keyBroker === measurements.keyBroker && isViewerSame) return;
  throw new SelvedgeError(
    'INVALID_CONFIGURATION',
    `the code of the compute node, the key broker or the viewer, or Node itself, has changed since the network in ${layout.directory} was made, and its profile approves the old one; start a new network in another folder`,
    { role: 'cli' },
  );
}
