import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { create } from '@bufbuild/protobuf';
import { createDevelopmentPlatform, createKeyRequest, createSimulatedAttester, measureFile, openKeyRelease, openShareSlot, sealShareSubmission, verifyEnvelopeEvidence, verifyUnlockEvidence } from '@selvedge/attestation';
import { backUpBrokerStore, restoreBrokerStore } from '@selvedge/attestation/process';
import { SUITE_NAMES, toHex } from '@selvedge/crypto';
import { BUSINESS_MSP_IDS, createTestConsortium, createTestContractPolicy, createTestState, ENDORSER_MSP_IDS, ORDERER_MSP_ID, TEST_CONTRACT, type TestConsortium } from '@selvedge/fixtures';
import { signAs } from '@selvedge/identity';
import { SelvedgeError } from '@selvedge/errors';
import { CHANNEL_EPOCH, facts } from '@selvedge/policy';
import { BrokerRootSchema, ContractPolicySchema, encodeMessage, Follower, KeyBroker, KeyBrokerReplication, KeyBrokerUnlock, LedgerViewAnswerSchema, LedgerViewStatementSchema, policyRoot, SignedKeyCommitmentsSchema, signing } from '@selvedge/protocol';
import { connectRpc, implement, startRpcServer, type RpcClient, type RpcServer } from '@selvedge/rpc';

const root = join(import.meta.dirname, '../../..');
const directory = mkdtempSync(join(tmpdir(), 'selvedge-key-broker-'));
const bundle = join(directory, 'main.bundle.mjs');
const COMPUTE_MEASUREMENT = new Uint8Array(48).fill(0xc0);
const state = createTestState();
const children = new Set<ChildProcess>();
const followers: RpcServer[] = [];
let consortium: TestConsortium;
/** The root that released keys in the first test. */
let issuerBefore: string;
let followerAddresses: { mspId: string; address: string }[];

/** An endorsing organisation's follower over the facts that this test sets. */
function startFollower(mspId: string): Promise<RpcServer> {
  const { signer } = consortium.organisation(mspId).peer;
  const handlers = implement(Follower, {
    getSetDigest: () => Promise.reject(new SelvedgeError('FEATURE_UNSUPPORTED', 'this follower knows facts alone')),
    confirmReads: () => Promise.reject(new SelvedgeError('FEATURE_UNSUPPORTED', 'this follower knows facts alone')),
    getHistoryHead: () => Promise.reject(new SelvedgeError('FEATURE_UNSUPPORTED', 'this follower knows facts alone')),
    getCommitStatement: () => Promise.reject(new SelvedgeError('FEATURE_UNSUPPORTED', 'this follower knows facts alone')),
    getLedgerView({ nonce }) {
      const entries = state.factEntries();
      const { network, channel } = consortium;
      const statement = encodeMessage(LedgerViewStatementSchema, { network, channel, height: state.height, blockHash: state.blockHash, policyRoot: policyRoot(entries), nonce });
      return Promise.resolve(create(LedgerViewAnswerSchema, { statement, signature: signAs(signer, signing.ledgerView(statement)), hasFacts: true, facts: entries }));
    },
  });
  return startRpcServer({ role: 'endorser', address: '127.0.0.1:0', tls: 'off', services: [handlers] });
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

function writeConfig(change: Record<string, unknown> = {}): string {
  const platform = createDevelopmentPlatform({ root: consortium.developmentRoot, name: 'broker machine', now: consortium.now });
  const config = {
    network: consortium.network,
    channel: consortium.channel,
    tls: 'off',
    signedProfile: file('profile.bin', consortium.signedProfile),
    storeDirectory: join(directory, 'broker', 'store'),
    tee: { kind: 'simulated', platformKeyFile: file('platform/key.pem', platform.platformKeyPem), platformCertificateFile: file('platform/certificate.pem', platform.platformCertificatePem) },
    followers: followerAddresses,
    ...change,
  };
  return file('config.json', JSON.stringify(config));
}

async function startBroker(config = writeConfig()) {
  const child = spawn(process.execPath, [bundle], { env: { SELVEDGE_CONFIG: config, SELVEDGE_LOG_LEVEL: 'error' }, stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  for await (const line of createInterface({ input: child.stdout })) {
    const connection = connectRpc((JSON.parse(line) as { address: string }).address, { tls: 'off' });
    const stop = async (signal: NodeJS.Signals): Promise<void> => {
      connection.close();
      child.kill(signal);
      await once(child, 'exit');
    };
    return { client: connection.client(KeyBroker), replication: connection.client(KeyBrokerReplication), unlock: (mspIds = MSP_IDS) => unlock(connection.client(KeyBrokerUnlock), mspIds), stop };
  }
  throw new Error('the key broker ended before it was ready');
}

/** Starts a broker that is expected to give up: its exit code and what it logged. */
async function startInVain(config: string): Promise<{ exitCode: unknown; log: string }> {
  const child = spawn(process.execPath, [bundle], { env: { SELVEDGE_CONFIG: config, SELVEDGE_LOG_LEVEL: 'error' }, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const [exitCode] = (await once(child, 'close')) as unknown[];
  return { exitCode, log };
}

const MSP_IDS: readonly string[] = [...BUSINESS_MSP_IDS, ...ENDORSER_MSP_IDS, ORDERER_MSP_ID];

/** What these organisations do with a broker that has started: verify it, and send it their shares. */
async function unlock(client: RpcClient<typeof KeyBrokerUnlock>, mspIds: readonly string[]) {
  const { network, channel, profile } = consortium;
  const nonce = randomBytes(32);
  const { slots, ephemeralKey, status } = verifyUnlockEvidence({ answer: await client.getUnlockEvidence({ nonce }), nonce, profile, at: new Date() });
  let after = status;
  for (const slot of slots!.slots.filter(({ mspId }) => mspIds.includes(mspId))) {
    const share = openShareSlot({ network, channel }, slot, consortium.organisation(slot.mspId).unlockKey);
    after = await client.submitShare(sealShareSubmission({ network, channel, ephemeralKey, mspId: slot.mspId, share }));
  }
  return after;
}

type Client = Awaited<ReturnType<typeof startBroker>>['client'];

async function readStatement(client: Client) {
  const nonce = randomBytes(32);
  return verifyEnvelopeEvidence({ answer: await client.getEnvelopeEvidence({ nonce }), nonce, profile: consortium.profile, at: new Date() });
}

/** What administrators do: record the broker, the channel's epoch, a contract and its epoch. */
async function record(client: Client): Promise<void> {
  const { rootCertificate, envelopeKeys } = await readStatement(client);
  const value = encodeMessage(BrokerRootSchema, { rootCertificate, envelopeKeys: envelopeKeys.map(({ suite, epoch, publicKey }) => ({ suite, epoch, publicKey })) });
  state.setFact(facts.brokerRoot, value);
  state.setFact(facts.epoch(CHANNEL_EPOCH, 1n), value);
  state.setFact(facts.contract(TEST_CONTRACT), encodeMessage(ContractPolicySchema, createTestContractPolicy()));
  const commitments = await client.getKeyCommitments({ contract: TEST_CONTRACT, suite: SUITE_NAMES[0], epoch: 1n });
  state.setFact(facts.epoch(TEST_CONTRACT, 1n), encodeMessage(SignedKeyCommitmentsSchema, commitments));
  state.height += 1n;
}

/** What administrators record after a rotation. */
async function recordNextEpochs(client: Client): Promise<void> {
  const { rootCertificate, nextEnvelopeKeys } = await readStatement(client);
  state.setFact(facts.epoch(CHANNEL_EPOCH, 2n), encodeMessage(BrokerRootSchema, { rootCertificate, envelopeKeys: nextEnvelopeKeys.map(({ suite, epoch, publicKey }) => ({ suite, epoch, publicKey })) }));
  state.setFact(facts.epoch(TEST_CONTRACT, 2n), encodeMessage(SignedKeyCommitmentsSchema, await client.getKeyCommitments({ contract: TEST_CONTRACT, suite: SUITE_NAMES[0], epoch: 2n })));
  state.height += 1n;
}

async function askForKeys(client: Client) {
  const machine = createDevelopmentPlatform({ root: consortium.developmentRoot, name: 'compute machine', now: consortium.now });
  const attester = createSimulatedAttester({ ...machine, measurement: COMPUTE_MEASUREMENT });
  const operator = consortium.organisation(ENDORSER_MSP_IDS[0]).peer.signer;
  const { profile } = consortium;
  const pending = await createKeyRequest({ attester, suite: SUITE_NAMES[0], nodeId: 'node-1', operator, challenge: await client.challenge({}), profile });
  const release = await client.releaseKeys(pending.request);
  return openKeyRelease({ release, pending, profile, ledger: state, at: new Date() });
}

beforeAll(async () => {
  const build = (await import(pathToFileURL(join(root, 'scripts/build.mjs')).href)) as { bundleService(name: string, outfile: string): Promise<unknown> };
  await build.bundleService('key-broker', bundle);
  consortium = await createTestConsortium({
    profile: {
      appraisalPolicies: [
        { role: 'key-broker', teeType: 'simulated', measurements: [measureFile(bundle, process.version)] },
        { role: 'compute', teeType: 'simulated', measurements: [COMPUTE_MEASUREMENT] },
      ],
    },
  });
  state.setFact(facts.profile, consortium.signedProfile);
  followers.push(...(await Promise.all(ENDORSER_MSP_IDS.map(startFollower))));
  followerAddresses = ENDORSER_MSP_IDS.map((mspId, i) => ({ mspId, address: followers[i]!.address }));
});

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(followers.map((follower) => follower.close()));
  rmSync(directory, { recursive: true });
});

describe('the key broker process', () => {
  it('proves itself, is recorded, releases keys, and releases the same ones after kill -9', async () => {
    const first = await startBroker();
    await expect(askForKeys(first.client)).rejects.toMatchObject({ code: 'BROKER_NOT_RECOGNISED', role: 'key-broker' });
    await record(first.client);
    const before = await askForKeys(first.client);
    await first.stop('SIGKILL');
    const second = await startBroker();
    await expect(askForKeys(second.client)).rejects.toMatchObject({ code: 'BROKER_LOCKED', role: 'key-broker' });
    expect(await second.unlock()).toMatchObject({ locked: false });
    const after = await askForKeys(second.client);
    await second.stop('SIGTERM');
    expect(toHex(after.issuer)).toBe(toHex(before.issuer));
    issuerBefore = toHex(before.issuer);
    expect(toHex(after.envelopeKeys[0]!.privateKey)).toBe(toHex(before.envelopeKeys[0]!.privateKey));
    expect(toHex(after.contracts[0]!.epochs[0]!.dataKey)).toBe(toHex(before.contracts[0]!.epochs[0]!.dataKey));
  });

  it('listens without followers, and releases nothing then', async () => {
    const alone = await startBroker(writeConfig({ followers: [{ mspId: 'NorthMSP', address: '127.0.0.1:1' }], storeDirectory: join(directory, 'lonely', 'store') }));
    expect((await readStatement(alone.client)).envelopeKeys).toHaveLength(SUITE_NAMES.length);
    await expect(askForKeys(alone.client)).rejects.toMatchObject({ code: 'VIEW_QUORUM_UNREACHABLE' });
    await alone.stop('SIGTERM');
  });

  it('restores from a backup on another machine with k shares, and without them gives nothing', async () => {
    const storeDirectory = join(directory, 'another machine', 'store');
    restoreBrokerStore(backUpBrokerStore(join(directory, 'broker', 'store')), storeDirectory);
    const restored = await startBroker(writeConfig({ storeDirectory }));
    expect(await restored.unlock(MSP_IDS.slice(0, 3))).toMatchObject({ locked: true, threshold: 4 });
    for (const call of [() => restored.client.challenge({}), () => readStatement(restored.client), () => restored.client.getKeyCommitments({ contract: TEST_CONTRACT, suite: SUITE_NAMES[0], epoch: 1n })]) {
      await expect(call()).rejects.toMatchObject({ code: 'BROKER_LOCKED' });
    }
    expect(await restored.unlock(MSP_IDS.slice(3, 4))).toMatchObject({ locked: false });
    const { issuer } = await askForKeys(restored.client);
    await restored.stop('SIGTERM');
    expect(toHex(issuer)).toBe(issuerBefore);
  });

  it('restored from an old backup: releases nothing until it sees the ledger, and then by what the ledger says now', async () => {
    const backup = backUpBrokerStore(join(directory, 'broker', 'store'));
    const storeDirectory = join(directory, 'third machine', 'store');
    restoreBrokerStore(backup, storeDirectory);
    const original = await startBroker();
    await original.unlock();
    await recordNextEpochs(original.client);
    await original.stop('SIGTERM');

    const isolated = await startBroker(writeConfig({ storeDirectory, followers: [{ mspId: 'NorthMSP', address: '127.0.0.1:1' }] }));
    await isolated.unlock();
    await expect(askForKeys(isolated.client)).rejects.toMatchObject({ code: 'VIEW_QUORUM_UNREACHABLE' });
    await expect(readStatement(isolated.client)).rejects.toMatchObject({ code: 'VIEW_QUORUM_UNREACHABLE' });
    await isolated.stop('SIGTERM');

    const restored = await startBroker(writeConfig({ storeDirectory }));
    await restored.unlock();
    const { certificate, contracts } = await askForKeys(restored.client);
    expect([certificate.binding.epoch, contracts[0]!.epochs.map(({ epoch }) => epoch)]).toEqual([2n, [1n, 2n]]);
    state.setFact(facts.revokedNode('node-1'), Buffer.from('lost'));
    state.height += 1n;
    await expect(askForKeys(restored.client)).rejects.toMatchObject({ code: 'TEE_REVOKED' });
    await restored.stop('SIGTERM');
  });

  it('limits how often it is called, by its configuration', async () => {
    const limits = { callsPerAddress: { burst: 3, perSecond: 0.001 } };
    const limited = await startBroker(writeConfig({ limits, storeDirectory: join(directory, 'limited', 'store') }));
    for (let i = 0; i < 3; i += 1) await limited.client.challenge({});
    await expect(limited.client.challenge({})).rejects.toMatchObject({ code: 'RATE_LIMITED', role: 'key-broker', retryable: true });
    await expect(limited.unlock()).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await expect(limited.replication.shareRoot({})).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await limited.stop('SIGTERM');
  });

  it('does not start with a profile of another channel', async () => {
    expect(await startInVain(writeConfig({ channel: 'other' }))).toMatchObject({ exitCode: 1, log: expect.stringContaining('WRONG_CHANNEL') as string });
    expect(await startInVain(writeConfig({ network: 'other' }))).toMatchObject({ exitCode: 1, log: expect.stringContaining('WRONG_NETWORK') as string });
  });
});
