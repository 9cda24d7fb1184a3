import { create } from '@bufbuild/protobuf';
import { chainEvent, commitToKeys, commitToNameKey, createBrokerRoot, EMPTY_CHAIN, signKeyCommitments, signNameKeyCommitment } from '@selvedge/attestation';
import { SelvedgeError } from '@selvedge/errors';
import { createTestState, refusalCodeOf } from '@selvedge/fixtures';
import { facts } from '@selvedge/policy';
import { BrokerRootSchema, ChallengeAnswerSchema, KeyBroker, KeyReleaseSchema, LIMITS, parseMessage, SignedAuditHeadSchema, type EnvelopeEvidence, type SignedKeyCommitments, type SignedNameKeyCommitment } from '@selvedge/protocol';
import { implement, startRpcServer, type RpcServer } from '@selvedge/rpc';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fetchAuditHead, fetchBrokerRoot, fetchKeyCommitments, fetchNameKeyCommitment } from './administration.js';
import type { ConnectionProfile } from './domain/connection-profile.js';
import { createFakeNetwork, type FakeNetwork } from './testdata/fake-network.js';

let network: FakeNetwork;
let server: RpcServer;
let answers: { evidence(nonce: Uint8Array): Promise<EnvelopeEvidence>; commitments(contract: string): SignedKeyCommitments; auditHead: { count: bigint; hash: Uint8Array; signature: Uint8Array } };
let nameCommitment: SignedNameKeyCommitment;
let connectionProfile: ConnectionProfile;
beforeAll(async () => {
  network = await createFakeNetwork();
});
beforeEach(async () => {
  const { consortium } = network;
  const chained = chainEvent(EMPTY_CHAIN, { event: 'created', at: '2026-11-20T12:00:00.000Z' }, consortium.broker.privateKey).head;
  answers = {
    evidence: (nonce) => network.evidence(nonce),
    commitments: (contract) => signKeyCommitments(commitToKeys(contract, 1n, consortium.contractKeys), consortium.broker.privateKey),
    auditHead: { ...chained, count: BigInt(chained.count) },
  };
  const service = implement(KeyBroker, {
    challenge: () => Promise.resolve(create(ChallengeAnswerSchema)),
    releaseKeys: () => Promise.resolve(create(KeyReleaseSchema)),
    getEnvelopeEvidence: ({ nonce }) => answers.evidence(nonce),
    getKeyCommitments: ({ contract }) => Promise.resolve(answers.commitments(contract)),
    getNameKeyCommitment: () => Promise.resolve(nameCommitment),
    getAuditHead: () => Promise.resolve(create(SignedAuditHeadSchema, answers.auditHead)),
  });
  server = await startRpcServer({ role: 'key-broker', address: '127.0.0.1:0', tls: 'off', services: [service] });
  connectionProfile = { network: consortium.network, channel: consortium.channel, signedProfile: 'unused', tls: 'off', keyBroker: server.address, sequencer: server.address, endorsers: [], businessNodes: [], computeNodes: [] };
});
afterEach(async () => {
  await server.close(100);
});

describe('fetchBrokerRoot', () => {
  const fetch = () => fetchBrokerRoot({ connectionProfile, profile: network.consortium.profile, now: network.consortium.now });

  it('gives the root and first envelope keys of a broker that proves itself', async () => {
    const root = parseMessage(BrokerRootSchema, await fetch(), LIMITS.maxFactBytes);
    expect(Buffer.compare(root.rootCertificate, network.consortium.broker.certificate)).toBe(0);
    expect(root.envelopeKeys.map(({ epoch }) => epoch)).toEqual(root.envelopeKeys.map(() => 1n));
    expect(root.envelopeKeys.length).toBeGreaterThan(0);
  });

  it('asks another replica where one is down', async () => {
    const down = await startRpcServer({ role: 'key-broker', address: '127.0.0.1:0', tls: 'off', services: [] });
    await down.close(0);
    connectionProfile = { ...connectionProfile, keyBroker: down.address, keyBrokerReplicas: [server.address] };
    expect((await fetch()).length).toBeGreaterThan(0);
  });

  it('refuses evidence of another exchange', async () => {
    answers.evidence = () => network.evidence(new Uint8Array(32));
    expect(await refusalCodeOf(fetch())).toBe('EVIDENCE_UNBOUND');
  });

  it('refuses a root without evidence that a key broker made it, or with that of another root', async () => {
    const other = await createFakeNetwork();
    const { rootBirth: foreign } = await other.evidence(new Uint8Array(32));
    const genuine = (nonce: Uint8Array) => network.evidence(nonce);
    answers.evidence = async (nonce) => ({ ...(await genuine(nonce)), rootBirth: undefined });
    expect(await refusalCodeOf(fetch())).toBe('BROKER_ROOT_UNPROVEN');
    answers.evidence = async (nonce) => ({ ...(await genuine(nonce)), rootBirth: foreign });
    expect(await refusalCodeOf(fetch())).toBe('BROKER_ROOT_UNPROVEN');
    // A host that starts a genuine broker can have it prove whatever root lies in its store: that is no birth.
    answers.evidence = async (nonce) => {
      const answer = await genuine(nonce);
      return { ...answer, rootBirth: answer.evidence };
    };
    expect(await refusalCodeOf(fetch())).toBe('BROKER_ROOT_UNPROVEN');
  });
});

describe('fetchAuditHead', () => {
  const fetch = () => fetchAuditHead({ connectionProfile, profile: network.consortium.profile, ledger: network.consortium.state, now: network.consortium.now });

  it('gives a head that the broker signed, with its root', async () => {
    expect(await fetch()).toMatchObject({ count: 1, rootCertificate: network.consortium.broker.certificate });
  });

  it('refuses one that is older than the broker’s own word, and one of an empty log', async () => {
    const isAfter = (count: number) => {
      network.changeStatement = (statement) => {
        statement.auditEntries = BigInt(count);
        statement.auditHash = answers.auditHead.hash;
      };
    };
    try {
      isAfter(1);
      expect(await fetch()).toMatchObject({ count: 1 });
      isAfter(2);
      expect(await refusalCodeOf(fetch())).toBe('AUDIT_LOG_BROKEN');
      network.changeStatement = (statement) => {
        statement.auditEntries = 1n;
        statement.auditHash = new Uint8Array(32);
      };
      expect(await refusalCodeOf(fetch())).toBe('AUDIT_LOG_BROKEN');
    } finally {
      network.changeStatement = () => undefined;
    }
    answers.auditHead = { count: 0n, hash: new Uint8Array(0), signature: new Uint8Array(0) };
    expect(await refusalCodeOf(fetch())).toBe('AUDIT_LOG_BROKEN');
  });

  it('refuses that of a broker whose code the ledger revokes', async () => {
    const key = facts.revokedMeasurement(network.brokerMeasurement);
    network.consortium.state.setFact(key, Buffer.of(1));
    expect(await refusalCodeOf(fetch())).toBe('BROKER_REVOKED');
    network.consortium.state.setFact(key, undefined);
    expect(await fetch()).toMatchObject({ count: 1 });
  });

  it('refuses that of a broker which the ledger does not record', async () => {
    const unrecorded = createTestState();
    expect(await refusalCodeOf(fetchAuditHead({ connectionProfile, profile: network.consortium.profile, ledger: unrecorded, now: network.consortium.now }))).toBe('BROKER_NOT_RECOGNISED');
  });

  it('refuses one that it did not sign, and a broker that does not prove itself', async () => {
    answers.auditHead = { ...answers.auditHead, hash: new Uint8Array(32) };
    expect(await refusalCodeOf(fetch())).toBe('AUDIT_LOG_BROKEN');
    answers.evidence = () => network.evidence(new Uint8Array(32));
    expect(await refusalCodeOf(fetch())).toBe('EVIDENCE_UNBOUND');
  });
});

describe('fetchNameKeyCommitment', () => {
  it('gives what the recorded broker signed of this contract and epoch, and nothing else', async () => {
    const { consortium } = network;
    const fetch = (epoch = 2n) => fetchNameKeyCommitment({ connectionProfile, ledger: consortium.state, contract: 'diamonds', suite: 'any', epoch });
    const signed = (key = consortium.broker.privateKey) => signNameKeyCommitment(commitToNameKey('diamonds', 2n, consortium.contractKeys.nameKey), key);
    nameCommitment = signed();
    expect((await fetch()).length).toBeGreaterThan(50);
    expect(await refusalCodeOf(fetch(3n))).toBe('BROKER_STATE_MISMATCH');
    nameCommitment = signed(createBrokerRoot({ network: consortium.network, channel: consortium.channel, now: consortium.now }).privateKey);
    expect(await refusalCodeOf(fetch())).toBe('SIGNATURE_INVALID');
  });
});

describe('fetchKeyCommitments', () => {
  const fetch = (ledger = network.consortium.state) => fetchKeyCommitments({ connectionProfile, ledger, contract: 'diamonds', suite: 'any' });

  it('gives what the recorded broker signed', async () => {
    expect((await fetch()).length).toBeGreaterThan(100);
  });

  it('refuses before a broker is recorded, and what another broker signed', async () => {
    expect(await refusalCodeOf(fetch(createTestState()))).toBe('BROKER_NOT_RECOGNISED');
    const { network: name, channel, now, contractKeys } = network.consortium;
    const stranger = createBrokerRoot({ network: name, channel, now });
    answers.commitments = (contract) => signKeyCommitments(commitToKeys(contract, 1n, contractKeys), stranger.privateKey);
    expect(await refusalCodeOf(fetch())).toBe('SIGNATURE_INVALID');
    answers.commitments = () => signKeyCommitments(commitToKeys('other', 1n, contractKeys), network.consortium.broker.privateKey);
    expect(await refusalCodeOf(fetch())).toBe('BROKER_STATE_MISMATCH');
  });

  it('passes the broker’s refusal on', async () => {
    answers.commitments = () => {
      throw new SelvedgeError('NOT_READY', 'starting');
    };
    expect(await refusalCodeOf(fetch())).toBe('NOT_READY');
    expect(network.consortium.state.fact(facts.brokerRoot)).toBeDefined();
  });
});
