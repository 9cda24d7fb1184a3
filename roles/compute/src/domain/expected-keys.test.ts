import { randomBytes } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { createDevelopmentPlatform, createSimulatedAttester, issueTeeCertificate, keyReleaseAad, keyReleaseInfo, nodeStatementDigest, verifyAndAppraise } from '@selvedge/attestation';
import { suiteByName, SUITE_NAMES } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { encodeContractNames, facts, type KeyHolder } from '@selvedge/policy';
import { ChallengeAnswerSchema, encodeMessage, KeyBundleSchema, KeyReleaseSchema, signing, type KeyRelease, type KeyRequest } from '@selvedge/protocol';
import { createNameKeys } from '@selvedge/sealed-objects';
import { createKeyKeeper, type HeldKeys, type KeyBrokerPort, type KeyKeeper, type KeyKeeperOptions } from '@selvedge/tee-node';
import { heldKeysOf, viewOf } from '@selvedge/tee-node/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { isComplete } from './expected-keys.js';

const MEASUREMENT = new Uint8Array(48).fill(3);
const NODE = 'compute-1';
const SELF: KeyHolder = { role: 'compute', nodeId: NODE, operatorMspId: 'NorthMSP', operatorCertificateHash: new Uint8Array(32), operatorName: 'peer0' };

/** A key broker in memory that really verifies, certifies and seals. */
interface FakeBroker extends KeyBrokerPort {
  failure: SelvedgeError | undefined;
  contractEpochs: bigint[];
  tamper: (release: KeyRelease) => KeyRelease;
  readonly requests: KeyRequest[];
}

let net: TestConsortium;
let broker: FakeBroker;
let keeper: KeyKeeper | undefined;
let received: HeldKeys[];
let failures: string[];
let facts0: ReturnType<TestConsortium['state']['factEntries']>;

beforeAll(async () => {
  net = await createTestConsortium({ profile: { appraisalPolicies: [{ role: 'compute', teeType: 'simulated', measurements: [MEASUREMENT] }] } });
  facts0 = net.state.factEntries();
});
beforeEach(() => {
  for (const { key } of net.state.factEntries()) net.state.setFact(key, undefined);
  for (const { key, value } of facts0) net.state.setFact(key, value);
  net.setContractPolicy({ keyAccess: [] });
  broker = createFakeBroker();
  received = [];
  failures = [];
});
afterEach(() => {
  keeper?.close();
});

function createFakeBroker(): FakeBroker {
  const nonces = new Set<string>();
  const fake: FakeBroker = {
    failure: undefined,
    contractEpochs: [1n],
    tamper: (release) => release,
    requests: [],
    challenge() {
      if (fake.failure !== undefined) return Promise.reject(fake.failure);
      const nonce = randomBytes(32);
      nonces.add(nonce.toString('hex'));
      return Promise.resolve(create(ChallengeAnswerSchema, { nonce, profileDigest: net.profile.digest }));
    },
    async releaseKeys(request) {
      fake.requests.push(request);
      expect(nonces.delete(Buffer.from(request.nonce).toString('hex'))).toBe(true);
      const { network, channel } = net;
      const { nonce, nodeId, suite, ephemeralKey, signingKey } = request;
      const operator = net.profile.msps.verifySignature(request.operator!, signing.operator(nonce, nodeId, signingKey, ephemeralKey));
      const statementDigest = nodeStatementDigest({ network, channel, nodeId, suite, operatorMspId: operator.mspId });
      const binding = { role: 'compute' as const, nonce, ephemeralKey, signingKey, profileDigest: request.profileDigest, statementDigest };
      const { platformId, measurement } = verifyAndAppraise({ evidence: request.evidence!, binding, profile: net.profile, role: 'compute', at: net.now });
      const certificate = await issueTeeCertificate({
        rootKey: net.broker.privateKey,
        rootCertificate: net.broker.certificate,
        subjectPublicKeyDer: signingKey,
        binding: { network, channel, role: 'compute', nodeId, operatorMspId: operator.mspId, teeType: 'simulated', platformId, measurement, suite, epoch: 1n },
        now: net.now,
        validityMs: 3_600_000,
      });
      const { nameKey, dataKey, randomKey, gateKey, eventKey } = net.contractKeys;
      const bundle = encodeMessage(KeyBundleSchema, {
        envelopeKeys: SUITE_NAMES.map((name) => ({ suite: name, epoch: 1n, ...net.envelopeKeys[name] })),
        contracts: [{ contract: net.contract, suite: net.contractPolicy.suite, nameKey, epochs: fake.contractEpochs.map((epoch) => ({ epoch, dataKey, randomKey, gateKey, eventKey })) }],
      });
      const sealed = suiteByName(suite).hpkeSeal(ephemeralKey, keyReleaseInfo({ nonce, nodeId, network, channel }), keyReleaseAad(certificate, net.broker.certificate), bundle);
      return fake.tamper(create(KeyReleaseSchema, { certificate, issuer: net.broker.certificate, ...sealed }));
    },
  };
  return fake;
}

function keep(options: Partial<KeyKeeperOptions> = {}): KeyKeeper {
  keeper = createKeyKeeper({
    brokers: [broker],
    role: 'compute',
    attester: createSimulatedAttester({ ...createDevelopmentPlatform({ root: net.developmentRoot, name: 'p', now: net.now }), measurement: MEASUREMENT }),
    operator: net.organisation('NorthMSP').peer.signer,
    nodeId: NODE,
    isComplete: (keys, view) => isComplete(keys, view, SELF),
    view: () => viewOf(net),
    now: () => net.now,
    minBackoffMs: 5,
    maxBackoffMs: 20,
    onKeys: (keys) => received.push(keys),
    onFailure: (error) => failures.push(isSelvedgeError(error) ? error.code : String(error)),
    ...options,
  });
  keeper.renew();
  return keeper;
}

async function until(isDone: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !isDone(); i += 1) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(isDone()).toBe(true);
}

describe('the key keeper, with what a compute node should hold', () => {
  it('attests once per allowed suite and holds what the broker released', async () => {
    const keys = keep();
    expect(keys.current()).toBeUndefined();
    await until(() => received.length === 1);
    expect(broker.requests.map((request) => request.suite)).toEqual([...SUITE_NAMES]);
    const held = keys.current()!;
    expect(held.contracts).toEqual([net.contract]);
    expect(held.contract(net.contract)?.epoch(1n)?.dataKey.length).toBe(32);
    for (const suite of SUITE_NAMES) {
      expect(held.envelopeKey(suite, 1n)).toBeDefined();
      expect(held.signer(suite).certificate.length).toBeGreaterThan(0);
    }
    expect(held.bindings.map((binding) => binding.nodeId)).toEqual(SUITE_NAMES.map(() => NODE));
    // Names are derived in the contract's suite, whichever of the releases brought its keys.
    const { nameKey } = net.contractKeys;
    expect(held.contract(net.contract)!.names(1n)!.ledgerKey('', 'a')).toEqual(createNameKeys(net.contractPolicy.suite, nameKey).ledgerKey('', 'a'));
  });

  it('does nothing before it is asked to', async () => {
    keep().close();
    keeper = createKeyKeeper({ brokers: [broker], role: 'compute', attester: { teeType: 'simulated', createEvidence: () => Promise.reject(new Error('no')) }, operator: net.organisation('NorthMSP').peer.signer, nodeId: NODE, isComplete: () => true, view: () => viewOf(net), now: () => net.now });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(received).toEqual([]);
  });

  it('tries again while the broker is away', async () => {
    broker.failure = new SelvedgeError('UNAVAILABLE', 'down');
    const keys = keep();
    await until(() => failures.length >= 3);
    expect(keys.current()).toBeUndefined();
    broker.failure = undefined;
    await until(() => keys.current() !== undefined);
    expect(new Set(failures)).toEqual(new Set(['UNAVAILABLE']));
  });

  it('asks the next replica of the broker when one is down or gives what does not verify', async () => {
    const other = createFakeBroker();
    broker.failure = new SelvedgeError('BROKER_LOCKED', 'locked');
    const keys = keep({ brokers: [broker, other] });
    await until(() => received.length === 1);
    expect(failures).toEqual([]);
    broker.failure = undefined;
    const impostor = await createTestConsortium();
    other.tamper = (release) => ({ ...release, issuer: impostor.broker.certificate });
    keys.renew();
    await until(() => received.length === 2);
    expect(broker.requests).toHaveLength(SUITE_NAMES.length);
    expect(failures).toEqual([]);
  });

  it.each(['RATE_LIMITED', 'KEY_ACCESS_DENIED'] as const)('waits as long as it ever does when asking again soon would not help: %s', async (code) => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    broker.failure = new SelvedgeError(code, 'wait');
    keep({ maxBackoffMs: 7_200_000 });
    await until(() => timers.mock.calls.some(([, ms = 0]) => ms >= 3_600_000 && ms <= 7_200_000));
    timers.mockRestore();
    expect(failures).toEqual([code]);
  });

  it('renews when asked, keeps its signing keys, and keeps old keys while a renewal fails', async () => {
    const keys = keep();
    await until(() => received.length === 1);
    keys.renew();
    await until(() => received.length === 2);
    const signingKeyOf = (i: number): string => Buffer.from(broker.requests[i]!.signingKey).toString('hex');
    const second = SUITE_NAMES.length; // of its requests, the first
    expect(signingKeyOf(second)).toBe(signingKeyOf(0));
    expect(Buffer.from(broker.requests[second]!.ephemeralKey).equals(broker.requests[0]!.ephemeralKey)).toBe(false);
    broker.failure = new SelvedgeError('UNAVAILABLE', 'down');
    keys.renew();
    await until(() => failures.length > 0);
    expect(keys.current()).toBe(received[1]);
  });

  it('asks again until it holds every epoch that the ledger shows', async () => {
    net.setEpoch(net.contract, 2n);
    const keys = keep();
    await until(() => received.length >= 3);
    expect(keys.current()!.contract(net.contract)?.epoch(2n)).toBeUndefined();
    broker.contractEpochs = [1n, 2n];
    await until(() => keys.current()!.contract(net.contract)?.epoch(2n) !== undefined);
    const count = received.length;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(received.length).toBe(count);
  });

  it('lacks something while it has not every name key that the ledger shows', async () => {
    const certified = await net.issueComputeNode();
    net.state.setFact(facts.nameKeys(net.contract), encodeContractNames({ phase: 'copying', current: 1n, other: 2n, former: [], newest: 2n, commitments: [new Uint8Array(1)] }));
    expect(isComplete(heldKeysOf(net, certified), viewOf(net), SELF)).toBe(false);
    expect(isComplete(heldKeysOf(net, certified, [1n], [], [{ epoch: 2n, nameKey: new Uint8Array(32) }]), viewOf(net), SELF)).toBe(true);
  });

  it('does not wait for contracts that rules keep from it', async () => {
    net.setContractPolicy({ keyAccess: [{ role: 'compute', operatorMspId: 'NorthMSP', nodeIds: ['compute-2'] }] });
    broker.contractEpochs = [];
    keep();
    await until(() => received.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(received).toHaveLength(1);
  });

  it('renews half way to the end of its certificates', async () => {
    const late = new Date(net.now.getTime() + 3_600_000 - 1_500);
    keep({ now: () => late });
    await until(() => received.length >= 2);
  });

  it('takes nothing from a broker that the ledger does not record, nor keys that it did not commit to', async () => {
    const impostor = await createTestConsortium();
    broker.tamper = (release) => ({ ...release, issuer: impostor.broker.certificate });
    const keys = keep();
    await until(() => failures.includes('BROKER_NOT_RECOGNISED'));
    broker.tamper = (release) => release;
    net.state.setFact(facts.epoch(net.contract, 1n), impostor.state.fact(facts.epoch(impostor.contract, 1n)));
    await until(() => failures.includes('SIGNATURE_INVALID'));
    expect(keys.current()).toBeUndefined();
  });

  it('waits for a ledger view', async () => {
    let isThere = false;
    keep({
      view: () => {
        if (!isThere) throw new SelvedgeError('VIEW_QUORUM_UNREACHABLE', 'none yet');
        return viewOf(net);
      },
    });
    await until(() => failures.includes('VIEW_QUORUM_UNREACHABLE'));
    isThere = true;
    await until(() => received.length === 1);
  });
});
