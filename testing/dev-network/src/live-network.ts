import { connect, loadConnectionProfile, type ConnectionProfile } from '@selvedge/client';
import type { Profile } from '@selvedge/policy';
import { writeJson } from '@selvedge/service-kit/launch';
import { deployContract } from './deploy.js';
import type { DevNetwork } from './dev-network.js';
import { fabricAccess } from './fabric/fabric-access.js';
import { createEndorsementDeployer } from './fabric/deploy-endorsement.js';
import { fabricSection, relativeFabricSection, type FabricLedger } from './fabric/fabric-ledger.js';
import { createServerStarts } from './fabric/server-starts.js';
import { FIRST_USER, loadSigner } from './identities.js';
import type { Layout } from './layout.js';
import { plannedComputeNode, type PlannedNode } from './node-configs.js';
import type { NodeGroup } from './node-group.js';
import type { DevNetworkOptions, NetworkSettings, NodeInfo } from './options.js';
import { createPlatform } from './platforms.js';
import { recordProcess, removeProcesses, writeProcesses } from './processes.js';
import { untilComputeReady } from './readiness.js';
import { defaultTlsFiles, relativeTlsFiles, userTlsFiles } from './tls-files.js';
import { writeSavedNetwork, type SavedNetwork } from './saved-network.js';

/** What createDevNetwork works with beside what its users see. */
export interface LiveNetwork extends DevNetwork {
  /** Writes network.json, dev-network.json and processes.json as things are now. */
  writeEndpoints(): Promise<void>;
  /** Writes processes.json alone: a start that is cut short leaves word of what runs. */
  recordRunning(): Promise<void>;
}

export function createLiveNetwork(input: {
  readonly layout: Layout;
  readonly settings: NetworkSettings;
  readonly options: DevNetworkOptions;
  readonly group: NodeGroup;
  readonly profile: Profile;
  readonly signedProfile: Uint8Array;
  readonly measurements: SavedNetwork['measurements'];
  readonly fabric?: FabricLedger | undefined;
}): LiveNetwork {
  const { layout, settings, options, group, profile, signedProfile, measurements, fabric } = input;
  const progress = options.onProgress ?? (() => undefined);
  /** Compute nodes that clients should not be told of any more. */
  const leaving = new Set<string>();
  let writing: Promise<void> = Promise.resolve();

  const computeNodes = (): NodeInfo[] => group.list().filter(({ service, name }) => service === 'compute' && !leaving.has(name));
  const viewers = (): ConnectionProfile['viewers'] => group.list().filter(({ service }) => service === 'viewer').map(({ name, mspId, dialAddress }) => ({ mspId, nodeId: name, address: dialAddress }));
  const submitters = (): { mspId: string; address: string }[] => group.list().filter(({ service }) => service === 'submitter').map(({ mspId, dialAddress }) => ({ mspId, address: dialAddress }));
  const connectionProfile = (): ConnectionProfile => ({
    network: settings.network,
    channel: settings.channel,
    signedProfile: layout.profileFile,
    tls: defaultTlsFiles(layout, settings),
    ...ledgerEndpoints(),
    computeNodes: computeNodes().map(({ name, dialAddress }) => ({ nodeId: name, address: dialAddress })),
    ...(settings.viewers === true ? { viewers: viewers() } : {}),
    ...(submitters().length === 0 ? {} : { submitters: submitters() }),
  });
  const ledgerEndpoints = () => {
    const { sequencer, ...others } = group.endpoints();
    return fabric === undefined ? { ...others, sequencer } : { ...others, ledger: 'fabric' as const, fabric: fabricSection(layout, fabric.plan()) };
  };
  const planned = ({ name, service, mspId }: NodeInfo): PlannedNode => ({ name, service, mspId });

  const recordRunning = (): Promise<void> => {
    const running = group.list().filter((node) => node.running);
    return writeProcesses(layout, { supervisor: recordProcess('selvedge', process.pid), nodes: running.map(({ name, pid }) => recordProcess(name, pid)) });
  };

  // One writer at a time: nodes may come and go at once.
  const writeEndpoints = (): Promise<void> => {
    writing = writing
      .catch(() => undefined)
      .then(async () => {
        await writeJson(layout.networkFile, {
          ...connectionProfile(),
          signedProfile: 'profile.bin',
          tls: relativeTlsFiles(layout, defaultTlsFiles(layout, settings)),
          ...(fabric === undefined ? {} : { fabric: relativeFabricSection(layout, fabric.plan()) }),
        });
        await writeSavedNetwork(layout, {
          settings,
          computeNodes: computeNodes().map(planned),
          addresses: Object.fromEntries(group.list().map(({ name, address }) => [name, address])),
          monitoring: Object.fromEntries(group.list().flatMap(({ name, monitoring }) => (monitoring === undefined ? [] : [[name, monitoring]]))),
          measurements,
        });
        await recordRunning();
      });
    return writing;
  };

  const nextComputeNode = (): PlannedNode => {
    const taken = group.list().map(({ name }) => Number(/^compute-(\d+)$/.exec(name)?.[1] ?? 0));
    return plannedComputeNode(settings, Math.max(0, ...taken) + 1);
  };

  const servers = fabric && createServerStarts({
    ledger: fabric,
    group,
    onStarted: writeEndpoints,
    onFailure: (error) => {
      progress({ step: 'exit', text: `a chaincode server did not start: ${error instanceof Error ? error.message : 'unknown failure'}` });
    },
  });
  const endorsement = fabric && servers && createEndorsementDeployer(fabric.target, (plan) => servers.start(plan));

  return {
    directory: layout.directory,
    signedProfile,
    fabric: fabric && fabricAccess(fabric),
    connectionProfile,
    writeEndpoints,
    recordRunning,
    nodes: () => group.list(),
    node: (name) => group.find(name),
    identity: (mspId, user = FIRST_USER) => loadSigner(layout, mspId, user),
    async connect(mspId, { user = FIRST_USER, ...connectOptions } = {}) {
      const identity = await loadSigner(layout, mspId, user);
      const reload = (): Promise<ConnectionProfile> => loadConnectionProfile(layout.networkFile);
      return connect({ connectionProfile: { ...connectionProfile(), tls: userTlsFiles(layout, mspId, user) }, signedProfile, identity, reload, ...connectOptions });
    },
    async deploy(directory, deployOptions) {
      progress({ step: 'deploy', text: `packaging and approving ${directory}` });
      return deployContract({ layout, settings, connectionProfile: connectionProfile(), profile, endorsement }, directory, deployOptions);
    },
    async addComputeNode() {
      const node = nextComputeNode();
      await createPlatform(layout, node.name, new Date());
      const started = await group.start(node);
      await untilComputeReady({ ...connectionProfile(), computeNodes: [{ nodeId: started.name, address: started.address }] }, options.readyTimeoutMs);
      await writeEndpoints();
      return started;
    },
    async removeComputeNode(name, signal = 'SIGTERM') {
      group.find(name);
      leaving.add(name);
      await writeEndpoints();
      await group.end(name, signal);
      group.forget(name);
      leaving.delete(name);
      await writeEndpoints();
    },
    async kill(name, signal = 'SIGKILL') {
      await group.end(name, signal);
      await writeEndpoints();
    },
    async restart(name, { environment } = {}) {
      const node = await group.start(planned(group.find(name)), environment);
      await writeEndpoints();
      return node;
    },
    async stop() {
      progress({ step: 'stop', text: 'stopping' });
      await servers?.close();
      await group.endAll();
      await writing.catch(() => undefined);
      await removeProcesses(layout);
    },
  };
}
