import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBareFabric, type OrganisationMaterial } from '@selvedge/dev-network';
import { openLedgerStore, validationCodeName } from '@selvedge/embedded-ledger';
import { isSelvedgeError } from '@selvedge/errors';
import { ENDORSE_FUNCTION, TARGET_DATA_FIELD } from '@selvedge/fabric';
import { applyPolicyTransaction, connectFabricGateway, type EndorsedFabricTransaction, type FabricGateway } from '@selvedge/fabric-network';
import { connectToPeer, createFabricBlockSource, openFabricFollower, type FabricFollower } from '@selvedge/fabric-network/follower';
import { createTestGenesis, createTestPolicyTransaction, type TestConsortium, type TestIdentity } from '@selvedge/fixtures';
import { facts, type FactUpdate } from '@selvedge/policy';
import { ContractPolicySchema, encodeMessage, TargetDataSchema } from '@selvedge/protocol';
import type { EndorsedUnderTest, FollowerUnderTest, LedgerUnderTest } from './ports.js';

const ENDORSE_TRIES = 10;
const ENDORSE_PAUSE_MS = 500;
const WAIT_MS = 30_000;
const BATCH_TIMEOUT_MS = 100;
/** Whose peers are followed, in the order in which followers come. */
const FOLLOWING = ['AuroraMSP', 'NorthMSP', 'CelestaMSP', 'BorealisMSP'] as const;
const [CLIENT_MSP_ID] = FOLLOWING;
/** Refusals of a peer that cannot reach another just now. */
const OUT_OF_SIGHT = new Set<string>(['UNAVAILABLE', 'PACKETS_NOT_DISTRIBUTED']);
/** Refusals of peers that have just found each other again. */
const PASSING = new Set(['UNAVAILABLE', 'TIMEOUT', 'NOT_READY', 'FABRIC_REFUSED']);

interface RunningFollower {
  readonly follower: FabricFollower;
  close(): Promise<void>;
}

/** Hyperledger Fabric: a real network with the chaincodes of this repository, and followers of several organisations in this process. */
export async function createFabricLedger(consortium: TestConsortium): Promise<LedgerUnderTest> {
  const directory = mkdtempSync(path.join(tmpdir(), 'selvedge-fabric-ledger-'));
  const { network, channel, signedProfile, contract } = consortium;
  const fabric = await startBareFabric({
    directory: path.join(directory, 'network'),
    network,
    channel,
    organisation: (mspId) => materialOf(consortium, mspId),
    signedProfile,
    genesis: createTestGenesis(consortium),
    fabric: { batchTimeoutMs: BATCH_TIMEOUT_MS },
  });
  const peers = fabric.section().peers.map(({ mspId, endpoint, tlsRootCertificate, hostnameOverride }) => ({ mspId, endpoint, tlsRootCertificatePem: readFileSync(tlsRootCertificate, 'utf8'), hostnameOverride }));
  const clientTls = new Map(await Promise.all(peers.map(async ({ mspId }) => [mspId, await fabric.clientTls(mspId)] as const)));
  const connect = (mspId: string, signer: TestIdentity['signer']): FabricGateway =>
    connectFabricGateway({ channel, signer, peers: peers.filter((peer) => peer.mspId === mspId), clientTls: clientTls.get(mspId), clock: () => new Date(), nowMs: () => performance.now() });
  const gateway = connect(CLIENT_MSP_ID, consortium.organisation(CLIENT_MSP_ID).client.signer);
  const governance = connect(CLIENT_MSP_ID, consortium.organisation(CLIENT_MSP_ID).admin.signer);
  const running: RunningFollower[] = [];
  const transactions = new WeakMap<EndorsedUnderTest, EndorsedFabricTransaction>();

  const startFollower = (index: number): RunningFollower => {
    const mspId = FOLLOWING[index % FOLLOWING.length] as string;
    const peer = peers.find((candidate) => candidate.mspId === mspId);
    if (peer === undefined) throw new RangeError(`no peer of ${mspId}`);
    const connection = connectToPeer({ ...peer, clientTls: clientTls.get(mspId) });
    const blocks = createFabricBlockSource({ connection, channel, signer: consortium.organisation(mspId).peer.signer, now: () => new Date(), withPrivateData: false });
    const follower = openFabricFollower({ store: openLedgerStore({ directory: path.join(directory, `follower-${String(index)}`) }), profile: consortium.profile, blocks, role: 'endorser' });
    follower.start();
    return {
      follower,
      close: async () => {
        await follower.close();
        connection.close();
      },
    };
  };
  const followers: FollowerUnderTest[] = [];
  const show = (): void => {
    followers.splice(0, followers.length, ...running.map(({ follower }) => follower));
  };
  const settle = (blockNumber: bigint): Promise<unknown> => Promise.all(running.map(({ follower }) => follower.waitForHeight(blockNumber + 1n, WAIT_MS)));
  const changePolicy = async (changes: readonly FactUpdate[], approvals?: number): Promise<void> => {
    const policy = createTestPolicyTransaction(consortium, changes, running[0]?.follower.state, approvals);
    try {
      await settle(await applyPolicyTransaction(governance, policy, { timeoutMs: WAIT_MS, nowMs: () => performance.now() }));
    } catch (error) {
      if (!isSelvedgeError(error, 'POLICY_APPROVALS_MISSING')) throw error;
    }
  };

  const close = async (): Promise<void> => {
    await Promise.all(running.map((one) => one.close()));
    gateway.close();
    governance.close();
    await fabric.stop();
    rmSync(directory, { recursive: true, force: true });
  };

  for (let i = 0; i < 3; i += 1) running.push(startFollower(i));
  show();
  try {
    await fabric.deploy(consortium.contractPolicy);
    await changePolicy(consortium.state.factEntries().filter(({ key }) => key !== facts.profile));
  } catch (error) {
    await close();
    throw error;
  }

  return {
    followers,
    endorse: async (target, endorsers) => {
      const transientData = { [TARGET_DATA_FIELD]: encodeMessage(TargetDataSchema, target.targetData) };
      for (let tries = 1; ; tries += 1) {
        try {
          const transaction = await gateway.endorse({ chaincode: contract, functionName: ENDORSE_FUNCTION, transientData, organisations: endorsers }, { timeoutMs: WAIT_MS });
          const endorsed: EndorsedUnderTest = { ...target, refusal: undefined };
          transactions.set(endorsed, transaction);
          return endorsed;
        } catch (error) {
          if (!isSelvedgeError(error)) throw error;
          // A busy peer loses sight of another for a moment: that is no verdict.
          if (!OUT_OF_SIGHT.has(error.code) || tries >= ENDORSE_TRIES) return { ...target, refusal: error.code };
          await sleep(ENDORSE_PAUSE_MS);
        }
      }
    },
    order: async (endorsed) => {
      const all = endorsed.map((one) => transactions.get(one) as EndorsedFabricTransaction);
      for (const transaction of all) await gateway.submit(transaction, { timeoutMs: WAIT_MS });
      return Promise.all(all.map(({ transactionId }) => gateway.commitStatus(transactionId, { timeoutMs: WAIT_MS })));
    },
    verdict: async (endorsed, follower) => {
      const { transactionId } = transactions.get(endorsed) as EndorsedFabricTransaction;
      const { blockNumber } = await gateway.commitStatus(transactionId, { timeoutMs: WAIT_MS });
      await follower.waitForHeight(blockNumber + 1n, WAIT_MS);
      const result = (follower as FabricFollower).fabricResult(transactionId);
      return result === undefined ? 'unknown' : validationCodeName(result.code);
    },
    changePolicy,
    // The collections' endorsement policies are a matter of the chaincode's definition.
    changeContract: async () => {
      await fabric.deploy(consortium.contractPolicy);
      await changePolicy([{ key: facts.contract(contract), value: encodeMessage(ContractPolicySchema, consortium.contractPolicy) }]);
    },
    restart: async () => {
      await Promise.all(running.map((one) => one.close()));
      await fabric.restart(consortium.contractPolicy);
      for (const index of running.keys()) running[index] = startFollower(index);
      show();
      await untilAnswering(gateway, contract);
    },
    addFollower: () => {
      const added = startFollower(running.length);
      running.push(added);
      show();
      return Promise.resolve(added.follower);
    },
    close,
  };
}

/** Waits until the gateway peer reaches an endorser, which refuses a call without target data. */
async function untilAnswering(gateway: FabricGateway, chaincode: string): Promise<void> {
  const deadline = performance.now() + WAIT_MS;
  while (performance.now() < deadline) {
    const code = await gateway.endorse({ chaincode, functionName: ENDORSE_FUNCTION, organisations: ['NorthMSP', 'SouthMSP'] }, { timeoutMs: WAIT_MS }).then(() => '', (error: unknown) => (isSelvedgeError(error) ? error.code : ''));
    if (!PASSING.has(code)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function materialOf(consortium: TestConsortium, mspId: string): OrganisationMaterial {
  const { ca, admin, peer, client, orderer } = consortium.organisation(mspId);
  return { ca: { certificatePem: ca.rootCertificatePem, privateKeyPem: ca.rootKeyPem }, admin, peer, client, orderer };
}
