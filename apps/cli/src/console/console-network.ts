import { fetchBrokerStatement, keyBrokerAddresses } from '@selvedge/client';
import type { ConsoleNetwork, MonitoredNode, NetworkView, NodeView } from '@selvedge/console';
import { isSelvedgeError, withRole } from '@selvedge/errors';
import { facts, listFacts, verifySignedProfile, withRevocationLists, type FactList } from '@selvedge/policy';
import { listContracts } from '../contract/list.js';
import { storeOf } from '../contract/installed.js';
import { withContractNetwork } from '../contract/open-network.js';
import type { CommandContext } from '../context.js';
import { diagnose } from '../doctor/domain/diagnose.js';
import type { DoctorLimits, NodeFacts } from '../doctor/domain/facts.js';
import { lookAtDeployment } from '../doctor/look/deployment.js';
import { readOwnFiles } from '../doctor/look/own-files.js';
import { placesOf, type Place } from '../doctor/look/places.js';
import { isFabricFolder } from '../fabric/folder.js';
import type { OpenFolder } from '../open-folder.js';
import { memoize } from './memoize.js';
import { policyView } from './policy-view.js';

/** Several pages, and people, look at once: a network is looked at once for all of them. */
const LOOK_MS = 3_000;
const PROOF_MS = 30_000;
const LIMITS: DoctorLimits = { maxSkewMs: 5_000, maxLagBlocks: 3n, minFreeBytes: 256n * 1024n * 1024n, warnBeforeMs: 30 * 86_400_000 };

/** The network of a folder, for the console: with what the commands do. Rejects with INVALID_CONFIGURATION where the folder holds none. */
export async function openConsoleNetwork(context: CommandContext): Promise<ConsoleNetwork> {
  const { connectionProfile, profile } = await context.openFolder();
  const evidence = memoize(PROOF_MS, async () => brokerEvidence(await context.openFolder()));
  return {
    network: profile.message.network,
    channel: profile.message.channel,
    ledger: connectionProfile.ledger ?? 'embedded',
    isDevelopment: !isFabricFolder(context.directory),
    connectionProfile: async () => (await context.openFolder()).connectionProfile,
    trust: async () => {
      const present = await presentFacts(await context.openFolder());
      const recorded = present.fact(facts.profile);
      return withRevocationLists(recorded === undefined ? profile : verifySignedProfile(recorded), present);
    },
    async signer(mspId, user) {
      const folder = await context.openFolder();
      return folder.identity(mspId, user).catch((error: unknown) => {
        if (isSelvedgeError(error, 'INVALID_CONFIGURATION')) return undefined;
        throw error;
      });
    },
    connect: async (identity, onHop) => (await context.openFolder()).connect(identity, { onHop }),
    look: memoize(LOOK_MS, async () => networkView(context, await evidence())),
    policy: memoize(LOOK_MS, async () => {
      const present = await withPolicy(await context.openFolder(), (policy) => policy.facts());
      return policyView(present, await withContractNetwork(context, 0, (network) => listContracts(network, storeOf(context.directory))));
    }),
    monitored: async () => (await Promise.all((await placesOf(context.directory)).map(monitoredNode))).flat(),
    services: async () => new Map((await placesOf(context.directory)).map(({ name, service }) => [name, service])),
  };
}

/** Of a deployment, the services' own configuration says where. */
async function monitoredNode({ name, service, configFile, monitoring }: Place): Promise<MonitoredNode[]> {
  const page = monitoring ?? (await readOwnFiles(name, configFile)).monitoring;
  return page === undefined ? [] : [{ name, service, monitoring: page }];
}

async function withPolicy<T>(folder: OpenFolder, use: (policy: Awaited<ReturnType<OpenFolder['openPolicy']>>) => Promise<T>): Promise<T> {
  const policy = await folder.openPolicy();
  try {
    return await use(policy);
  } finally {
    policy.close();
  }
}

const presentFacts = async (folder: OpenFolder): Promise<FactList> => listFacts(await withPolicy(folder, (policy) => policy.facts()));

async function networkView(context: CommandContext, evidence: BrokerEvidence): Promise<NetworkView> {
  const seen = await lookAtDeployment(await context.openFolder(), await placesOf(context.directory));
  const { findings, unchecked } = diagnose(seen, LIMITS);
  return {
    at: seen.at.getTime(),
    nodes: seen.nodes.map((node) => nodeView(node, evidence.get(node.address))),
    findings: findings.map(({ code, severity, subject, text, action }) => ({ code, severity, subject, text, action })),
    unchecked,
  };
}

function nodeView({ name, service, mspId, address, refusal, unmet, height, teeType }: NodeFacts, evidence: NodeView['evidence']): NodeView {
  const reasons = unmet.map(({ check, reason }) => `${check}: ${reason}`);
  return {
    name,
    service,
    mspId,
    address,
    state: refusal !== undefined ? 'unreachable' : reasons.length > 0 ? 'not ready' : 'ready',
    reason: refusal ?? reasons.join(', '),
    height: height === undefined ? undefined : String(height),
    teeType,
    evidence,
    epochs: {},
  };
}

/** By address: each broker is asked itself, since a client that is answered by one asks no other. */
type BrokerEvidence = ReadonlyMap<string, NodeView['evidence']>;

/** Each broker's evidence, verified here under a fresh nonce as a client does before it sends anything. */
async function brokerEvidence(folder: OpenFolder): Promise<BrokerEvidence> {
  const ledger = presentFacts(folder);
  const verdictOf = async (keyBroker: string): Promise<NodeView['evidence']> => {
    try {
      const connectionProfile = { ...folder.connectionProfile, keyBroker, keyBrokerReplicas: [] };
      await fetchBrokerStatement({ connectionProfile, profile: folder.profile, now: new Date(), ledger: await ledger });
      return { verdict: 'verified', text: 'its evidence verifies here, under a fresh nonce' };
    } catch (error) {
      const { code, message } = withRole(error, 'cli');
      return { verdict: code === 'UNAVAILABLE' || code === 'TIMEOUT' ? 'unknown' : 'refused', text: `${code}: ${message}` };
    }
  };
  return new Map(await Promise.all(keyBrokerAddresses(folder.connectionProfile).map(async (address) => [address, await verdictOf(address)] as const)));
}
