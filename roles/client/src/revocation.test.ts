import { create } from '@bufbuild/protobuf';
import { commitToKeys, signKeyCommitments } from '@selvedge/attestation';
import { SUITE_NAMES } from '@selvedge/crypto';
import { createTestConsortium, encodeEnvelopeEpoch, refusalCodeOf } from '@selvedge/fixtures';
import { CHANNEL_EPOCH, facts, type FactList } from '@selvedge/policy';
import { ChallengeAnswerSchema, KeyBroker, KeyReleaseSchema, PublicEnvelopeKeySchema, SignedAuditHeadSchema, SignedNameKeyCommitmentSchema, type BrokerStatement } from '@selvedge/protocol';
import { implement, startRpcServer, type RpcServer } from '@selvedge/rpc';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openNextEpochs, revokeParties, type Revocation } from './key-epochs.js';
import { createFakeNetwork, type FakeNetwork } from './testdata/fake-network.js';
import { refusal } from './testdata/fake-ports.js';

let network: FakeNetwork;
let server: RpcServer;
beforeEach(async () => {
  network = await createFakeNetwork();
  const { consortium } = network;
  const service = implement(KeyBroker, {
    challenge: () => Promise.resolve(create(ChallengeAnswerSchema)),
    releaseKeys: () => Promise.resolve(create(KeyReleaseSchema)),
    getEnvelopeEvidence: ({ nonce }) => network.evidence(nonce),
    getKeyCommitments: ({ contract, epoch }) => Promise.resolve(signKeyCommitments(commitToKeys(contract, epoch, consortium.contractKeys), consortium.broker.privateKey)),
    getNameKeyCommitment: () => Promise.resolve(create(SignedNameKeyCommitmentSchema)),
    getAuditHead: () => Promise.resolve(create(SignedAuditHeadSchema)),
  });
  server = await startRpcServer({ role: 'key-broker', address: '127.0.0.1:0', tls: 'off', services: [service] });
  offersNext(2n);
});
afterEach(() => server.close(100));

const keysOf = (epoch: bigint) => SUITE_NAMES.map((suite) => create(PublicEnvelopeKeySchema, { suite, epoch, publicKey: network.consortium.envelopeKeys[suite].publicKey }));
const offersNext = (epoch: bigint, more: (statement: BrokerStatement) => void = () => undefined): void => {
  network.changeStatement = (statement) => {
    statement.nextEnvelopeKeys = keysOf(epoch);
    more(statement);
  };
};
const ledger = (): FactList => network.consortium.state;
const broker = () => {
  const { consortium } = network;
  const connectionProfile = { network: consortium.network, channel: consortium.channel, signedProfile: 'unused', tls: 'off' as const, keyBroker: server.address, endorsers: [], businessNodes: [], computeNodes: [] };
  return { connectionProfile, profile: consortium.profile, now: consortium.now };
};
const NOBODY: Revocation = { nodes: [], platforms: [], measurements: [], epochs: [], reason: 'lost' };
const keysIn = async (changes: Promise<readonly { readonly key: string }[]>) => (await changes).map(({ key }) => key);
const contract = () => network.consortium.contract;

describe('a rotation', () => {
  it('records the next epoch of what it names, as the broker that the ledger records proves it', async () => {
    const [envelope, keys] = await openNextEpochs(broker(), ledger(), [CHANNEL_EPOCH, contract(), contract()]);
    const { consortium } = network;
    expect(envelope).toEqual({ key: facts.epoch(CHANNEL_EPOCH, 2n), value: encodeEnvelopeEpoch(consortium.broker, consortium.envelopeKeys, 2n) });
    expect(keys?.key).toBe(facts.epoch(contract(), 2n));
  });

  it('waits for a broker that is behind the ledger', async () => {
    network.consortium.setEpoch(CHANNEL_EPOCH, 2n);
    expect(await refusalCodeOf(openNextEpochs(broker(), ledger(), [CHANNEL_EPOCH]))).toBe('VIEW_BEHIND');
  });

  it('takes envelope keys of the recorded broker alone', async () => {
    const other = await createTestConsortium();
    network.consortium.state.setFact(facts.brokerRoot, encodeEnvelopeEpoch(other.broker, other.envelopeKeys, 1n));
    expect(await refusalCodeOf(openNextEpochs(broker(), ledger(), [CHANNEL_EPOCH]))).toBe('BROKER_NOT_RECOGNISED');
  });

  it('takes no envelope keys of a broker that the ledger revokes', async () => {
    network.consortium.state.setFact(facts.revokedMeasurement(network.brokerMeasurement), Buffer.of(1));
    expect(await refusalCodeOf(openNextEpochs(broker(), ledger(), [CHANNEL_EPOCH]))).toBe('BROKER_REVOKED');
  });

  it('refuses contracts without keys', async () => {
    expect(await refusalCodeOf(openNextEpochs(broker(), ledger(), ['nothing']))).toBe('KEY_EPOCH_UNKNOWN');
  });
});

describe('a revocation', () => {
  it.each([
    ['node', { nodes: ['compute-1'] }, facts.revokedNode('compute-1')],
    ['platform', { platforms: [new Uint8Array(32).fill(7)] }, facts.revokedPlatform(new Uint8Array(32).fill(7))],
    ['measurement', { measurements: [new Uint8Array(48).fill(7)] }, facts.revokedMeasurement(new Uint8Array(48).fill(7))],
  ])('of a %s opens new epochs of every key in the same change', async (_what, revoked, key) => {
    expect(await keysIn(revokeParties(broker(), ledger(), { ...NOBODY, ...revoked }))).toEqual([key, facts.epoch(CHANNEL_EPOCH, 2n), facts.epoch(contract(), 2n)]);
  });

  it('of an epoch opens the next one of those keys, unless it is there', async () => {
    const revoke = (epoch: bigint) => keysIn(revokeParties(broker(), ledger(), { ...NOBODY, epochs: [{ contract: contract(), epoch }] }));
    expect(await revoke(1n)).toEqual([facts.revokedEpoch(contract(), 1n), facts.epoch(contract(), 2n)]);
    network.consortium.setEpoch(contract(), 2n);
    expect(await revoke(1n)).toEqual([facts.revokedEpoch(contract(), 1n)]);
    expect(await refusalCodeOf(revoke(3n))).toBe('KEY_EPOCH_UNKNOWN');
  });
});

describe('a client', () => {
  it('sends nothing to a revoked node', async () => {
    network.consortium.state.setFact(facts.revokedNode('compute-1'), Buffer.from('lost'));
    const gateway = network.connect();
    const diamonds = gateway.getNetwork(network.consortium.channel).getContract(contract());
    for (let i = 0; i < 4; i += 1) await diamonds.evaluateTransaction('PriceOf', 'stone-1');
    expect(new Set(network.calls.filter((call) => call.startsWith('execute')))).toEqual(new Set(['execute compute-2']));
    gateway.close();
  });

  it('goes to another node when one knows of its revocation first', async () => {
    network.hooks.execute = (peer, genuine) => (peer === 'compute-1' ? Promise.reject(refusal('TEE_REVOKED')) : genuine());
    const gateway = network.connect();
    const diamonds = gateway.getNetwork(network.consortium.channel).getContract(contract());
    for (let i = 0; i < 3; i += 1) await diamonds.evaluateTransaction('PriceOf', 'stone-1');
    expect(network.calls).toContain('execute compute-1');
    gateway.close();
  });

  it('seals to no older envelope key once the ledger has a newer epoch, however fresh its evidence is', async () => {
    const gateway = network.connect();
    const diamonds = gateway.getNetwork(network.consortium.channel).getContract(contract());
    await diamonds.evaluateTransaction('PriceOf', 'stone-1');
    const attested = () => network.calls.filter((call) => call.startsWith('attest')).length;
    const before = attested();
    await diamonds.evaluateTransaction('PriceOf', 'stone-1');
    expect(attested()).toBe(before);
    network.consortium.setEpoch(CHANNEL_EPOCH, 2n);
    network.ledger.height += 1n;
    offersNext(3n, (statement) => {
      statement.envelopeKeys = [...keysOf(1n), ...keysOf(2n)];
    });
    await expect
      .poll(async () => {
        await diamonds.evaluateTransaction('PriceOf', 'stone-1');
        return attested();
      }, { timeout: 20_000, interval: 200 })
      .toBeGreaterThan(before);
    gateway.close();
  });
});
