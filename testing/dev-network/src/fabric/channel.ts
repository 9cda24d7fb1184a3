import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SelvedgeError } from '@selvedge/errors';
import { explainFailure, queryChannelPeers, runPeer, writePeerClientConfig, type FabricEndpoint, type LifecycleAdmin, type PeerProgram } from '@selvedge/fabric-network';
import { environmentOf, keyPairFiles, readIfPresent, writeWhole } from '@selvedge/service-kit/launch';
import { ADMIN, loadSigner } from '../identities.js';
import type { Layout } from '../layout.js';
import type { FabricBinaries } from './binaries.js';
import { CHANNEL_PROFILE, configtxText } from './configtx.js';
import { fabricLayout } from './fabric-layout.js';
import { HOST, HOST_NAME, type FabricPlan, type PlannedPeer } from './fabric-plan.js';
import { isLeader, until } from './probes.js';

const COMMAND_TIMEOUT_MS = 30_000;
const DISCOVERY_TIMEOUT_MS = 2_000;

/** What the steps of bringing up a channel work on. */
export interface ChannelTarget {
  readonly layout: Layout;
  readonly plan: FabricPlan;
  readonly binaries: FabricBinaries;
}

/** The organisation's administrator as the peer program takes it. */
export function lifecycleAdmin({ layout, plan }: Omit<ChannelTarget, 'binaries'>, mspId: string): LifecycleAdmin {
  const fabric = fabricLayout(layout);
  const peer = plan.peers.find((candidate) => candidate.mspId === mspId);
  if (peer === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `no peer of ${mspId} in this network`, { role: 'cli' });
  return {
    mspId,
    mspDirectory: fabric.identityMsp(mspId, ADMIN),
    peer: { address: `${HOST}:${String(peer.port)}`, tlsRootCertificateFile: fabric.tlsRoot(mspId) },
    clientTls: keyPairFiles(layout.userTlsDirectory(mspId, ADMIN)),
  };
}

/** The ordering service as the peer program takes it. */
export function ordererEndpoint({ layout, plan }: Omit<ChannelTarget, 'binaries'>): FabricEndpoint {
  return { address: `${HOST}:${String(plan.orderer.port)}`, tlsRootCertificateFile: fabricLayout(layout).tlsRoot(plan.orderer.mspId) };
}

/** The peer program with its configuration. */
export function peerProgram({ layout, binaries }: ChannelTarget): PeerProgram {
  return { program: binaries.peer, configDirectory: fabricLayout(layout).clientConfigDirectory };
}

/** Makes the channel's first block with configtxgen. Throws FABRIC_COMMAND_FAILED. */
export async function createGenesisBlock(target: ChannelTarget): Promise<void> {
  const { layout, plan, binaries } = target;
  const fabric = fabricLayout(layout);
  const ordererTlsCertificate = keyPairFiles(layout.nodeTlsDirectory(plan.orderer.name)).certificateFile;
  await writePeerClientConfig(fabric.clientConfigDirectory);
  await writeWhole(`${fabric.channelDirectory}/configtx.yaml`, configtxText(plan, { organisationMsp: (mspId) => fabric.organisationMsp(mspId), ordererTlsCertificate }));
  await run(binaries.configtxgen, ['-configPath', fabric.channelDirectory, '-profile', CHANNEL_PROFILE, '-channelID', plan.channel, '-outputBlock', fabric.genesisBlock]);
}

/** Has the orderer take the channel, unless it has it, and waits until it leads. Throws FABRIC_COMMAND_FAILED or TIMEOUT. */
export async function joinOrderer(target: ChannelTarget, timeoutMs: number): Promise<void> {
  const { layout, plan, binaries } = target;
  const { orderer, channel } = plan;
  const operations = `${HOST}:${String(orderer.operationsPort)}`;
  const fabric = fabricLayout(layout);
  const tls = keyPairFiles(layout.userTlsDirectory(orderer.mspId, ADMIN));
  const access = ['-o', `${HOST}:${String(orderer.adminPort)}`, '--ca-file', fabric.tlsRoot(orderer.mspId), '--client-cert', tls.certificateFile, '--client-key', tls.privateKeyFile];
  const listed = await run(binaries.osnadmin, ['channel', 'list', '--channelID', channel, ...access, '--no-status']).catch(() => '');
  if (!listed.includes(`"${channel}"`)) await run(binaries.osnadmin, ['channel', 'join', '--channelID', channel, '--config-block', fabric.genesisBlock, ...access]);
  await until(`the orderer to lead channel ${channel}`, timeoutMs, () => isLeader(operations, channel));
}

/** Has a peer join the channel, unless it has. Throws FABRIC_COMMAND_FAILED. */
export async function joinPeer(target: ChannelTarget, peer: PlannedPeer): Promise<void> {
  const admin = lifecycleAdmin(target, peer.mspId);
  const program = peerProgram(target);
  const joined = await runPeer(program, admin, ['channel', 'list']);
  if (joined.split('\n').includes(target.plan.channel)) return;
  await runPeer(program, admin, ['channel', 'join', '--blockpath', fabricLayout(target.layout).genesisBlock]);
}

/** What peers of a channel should see of one another. */
export interface ExpectedView {
  /** Each of them is asked, and expected to be seen by each. */
  readonly among: readonly PlannedPeer[];
  /** A chaincode that the given peers are expected to run. */
  readonly running?: { readonly chaincode: string; readonly at: readonly PlannedPeer[] };
  readonly timeoutMs: number;
}

/** Waits until peers see one another: before that, they cannot endorse together. Throws TIMEOUT. */
export async function untilDiscovered(target: Omit<ChannelTarget, 'binaries'>, expected: ExpectedView): Promise<void> {
  const { layout, plan } = target;
  const endpoint = ({ port }: PlannedPeer): string => `${HOST}:${String(port)}`;
  const runs = expected.running;
  await Promise.all(
    expected.among.map(async (peer) => {
      const signer = await loadSigner(layout, peer.mspId, ADMIN);
      const tls = keyPairFiles(layout.userTlsDirectory(peer.mspId, ADMIN));
      const asked = {
        endpoint: endpoint(peer),
        tlsRootCertificatePem: await pem(fabricLayout(layout).tlsRoot(peer.mspId)),
        hostnameOverride: HOST_NAME,
        clientTls: { certificatePem: await pem(tls.certificateFile), privateKeyPem: await pem(tls.privateKeyFile) },
      };
      await until(`${peer.name} to see the other peers${runs === undefined ? '' : ` run ${runs.chaincode}`}`, expected.timeoutMs, async () => {
        const seen = await queryChannelPeers(asked, plan.channel, signer, DISCOVERY_TIMEOUT_MS).catch(() => []);
        const seesAll = expected.among.every((other) => seen.some((known) => known.endpoint === endpoint(other)));
        return seesAll && (runs?.at ?? []).every((other) => seen.some((known) => known.endpoint === endpoint(other) && known.chaincodes.includes(runs?.chaincode ?? '')));
      });
    }),
  );
}

async function pem(file: string): Promise<string> {
  const content = await readIfPresent(file);
  if (content === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', `${file} is missing`, { role: 'cli' });
  return content.toString('utf8');
}

async function run(program: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, args, { env: environmentOf({}), timeout: COMMAND_TIMEOUT_MS });
    return stdout;
  } catch (error) {
    const { stderr = '', stdout = '' } = error as { readonly stderr?: string; readonly stdout?: string };
    throw new SelvedgeError('FABRIC_COMMAND_FAILED', explainFailure(`${program} ${args.slice(0, 2).join(' ')}`, `${stdout}\n${stderr}`), { role: 'cli' });
  }
}
