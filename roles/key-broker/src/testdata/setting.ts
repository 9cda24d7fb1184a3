import { randomBytes, X509Certificate } from 'node:crypto';
import { createBrokerRoot, createKeyRequest, EMPTY_CHAIN, createDevelopmentPlatform, createSimulatedAttester, signKeyCommitments, signNameKeyCommitment, simulatedPlatformId, type Attester, type KeyRequestInput, type PendingKeyRequest } from '@selvedge/attestation';
import { SelvedgeError } from '@selvedge/errors';
import { createTestConsortium, createTestContractPolicy, createTestRevocation, type ContractPolicyInit } from '@selvedge/fixtures';
import type { LedgerView } from '@selvedge/ledger-view';
import type { Signer } from '@selvedge/identity';
import { CHANNEL_EPOCH, encodeContractNames, facts, withRevocationLists, type ContractNames, type Profile } from '@selvedge/policy';
import { BrokerRootSchema, ContractPolicySchema, encodeMessage, SignedKeyCommitmentsSchema, SignedNameKeyCommitmentSchema } from '@selvedge/protocol';
import type { AuditEvent } from '@selvedge/attestation';
import { createCommitments, createNameCommitment } from '../domain/commitments.js';
import { createKeyRing } from '../domain/key-derivation.js';
import type { Rate } from '../domain/rate-limit.js';
import { createBrokerState } from '../domain/state.js';
import { createKeyBroker, type KeyBroker } from '../key-broker.js';
import type { BrokerState } from '../ports.js';

/** For this package's tests: an organisation's network, a broker in memory, and a ledger that can be written to. */

export const AT = new Date();
export const COMPUTE_MEASUREMENT = new Uint8Array(48).fill(0xc0);
export const BROKER_MEASUREMENT = new Uint8Array(48).fill(0xb0);
/** Of another build that the profile admits. */
export const OTHER_BROKER_MEASUREMENT = new Uint8Array(48).fill(0xb1);
export const VIEWER_MEASUREMENT = new Uint8Array(48).fill(0xd0);
export const OPERATOR_MSP = 'NorthMSP';
export const CONTRACT = 'diamonds';
const [P256, X25519] = ['P256-AES256GCM-SHA256', 'X25519-ED25519-AES256GCM-SHA256'] as const;
export const SUITES = { P256, X25519 };

export const consortium = await createTestConsortium({
  now: AT,
  profile: {
    appraisalPolicies: [
      { role: 'compute', teeType: 'simulated', measurements: [COMPUTE_MEASUREMENT] },
      { role: 'key-broker', teeType: 'simulated', measurements: [BROKER_MEASUREMENT, OTHER_BROKER_MEASUREMENT] },
      { role: 'viewer', teeType: 'simulated', measurements: [VIEWER_MEASUREMENT] },
    ],
  },
});
export const { profile, network, channel } = consortium;
export const platform = createDevelopmentPlatform({ root: consortium.developmentRoot, name: 'machine', now: AT });
/** The machine of the broker under test; everybody else is on the other one. */
export const brokerPlatform = createDevelopmentPlatform({ root: consortium.developmentRoot, name: 'broker machine', now: AT });
export const brokerPlatformId = simulatedPlatformId(new X509Certificate(brokerPlatform.platformCertificatePem).publicKey.export({ format: 'der', type: 'spki' }));
export const operator = consortium.organisation(OPERATOR_MSP).peer.signer;

export function createAttester(measurement = COMPUTE_MEASUREMENT): Attester {
  return createSimulatedAttester({ ...platform, measurement });
}

/** A ledger view over facts that tests change. */
export interface TestLedger extends LedgerView {
  readonly facts: Map<string, Uint8Array>;
  profile: Profile;
}

/** The ledger after bootstrap: this broker, channel epoch 1, and one contract with epoch 1. */
export function createLedger(state: BrokerState): TestLedger {
  const values = new Map<string, Uint8Array>();
  const ledger: TestLedger = {
    facts: values,
    profile,
    height: 7n,
    policyRoot: new Uint8Array(32),
    supporters: [],
    fact: (key) => values.get(key),
    keys: (prefix) => [...values.keys()].filter((key) => key.startsWith(prefix)).sort(),
    ageMs: () => 0,
  };
  values.set(facts.brokerRoot, channelRecord(state, 1n));
  recordChannelEpoch(ledger, state, 1n);
  recordContract(ledger, { name: CONTRACT });
  recordEpoch(ledger, state, CONTRACT, 1n);
  return ledger;
}

function channelRecord(state: BrokerState, epoch: bigint): Uint8Array {
  const ring = createKeyRing(state);
  const envelopeKeys = [P256, X25519].map((suite) => ({ suite, epoch, publicKey: ring.envelopeKey(suite, epoch).publicKey }));
  return encodeMessage(BrokerRootSchema, { rootCertificate: state.rootCertificate, envelopeKeys });
}

export function recordChannelEpoch(ledger: TestLedger, state: BrokerState, epoch: bigint): void {
  ledger.facts.set(facts.epoch(CHANNEL_EPOCH, epoch), channelRecord(state, epoch));
}

export function recordContract(ledger: TestLedger, init: ContractPolicyInit & { readonly name: string }): void {
  ledger.facts.set(facts.contract(init.name), encodeMessage(ContractPolicySchema, createTestContractPolicy(init)));
}

export function recordEpoch(ledger: TestLedger, state: BrokerState, contract: string, epoch: bigint, suite: string = P256): void {
  const commitments = createCommitments({ $typeName: 'selvedge.v1.KeyCommitmentsRequest', contract, suite, epoch }, createKeyRing(state), profile);
  ledger.facts.set(facts.epoch(contract, epoch), encodeMessage(SignedKeyCommitmentsSchema, signKeyCommitments(commitments, state.rootKey)));
}

/** @param names their commitments are made here */
export function recordNames(ledger: TestLedger, state: BrokerState, contract: string, names: Omit<ContractNames, 'commitments'>): void {
  const epochs = Array.from({ length: Number(names.newest) - 1 }, (_, i) => BigInt(i + 2));
  const commitments = epochs.map((epoch) => {
    const commitment = createNameCommitment({ $typeName: 'selvedge.v1.KeyCommitmentsRequest', contract, suite: P256, epoch }, createKeyRing(state), profile);
    return encodeMessage(SignedNameKeyCommitmentSchema, signNameKeyCommitment(commitment, state.rootKey));
  });
  ledger.facts.set(facts.nameKeys(contract), encodeContractNames({ ...names, commitments }));
}

/** Has the operator's organisation revoke its certificate. */
export async function recordRevocation(ledger: TestLedger, revoked: Signer): Promise<void> {
  const { key, value } = await createTestRevocation(consortium, revoked.mspId, [revoked]);
  ledger.facts.set(key, value);
  ledger.profile = withRevocationLists(profile, ledger);
}

export const createState = (): BrokerState => createBrokerState({ network, channel, root: createBrokerRoot({ network, channel, now: AT }), rootBirth: new Uint8Array(0), randomBytes });

/** A broker in memory and what it works with. */
export interface TestBroker {
  readonly broker: KeyBroker;
  readonly ledger: TestLedger;
  readonly state: BrokerState;
  readonly events: AuditEvent[];
  readonly saved: BrokerState[];
  /** Milliseconds that have passed. */
  clockMs: number;
  isLedgerReachable: boolean;
  /** When set, what current() still shows while refresh() shows the ledger. */
  staleLedger?: TestLedger;
}

export function createTestBroker(given: { readonly state?: BrokerState; readonly profile?: Profile; readonly releasesPerOrganisation?: Rate; readonly attester?: Attester } = {}): TestBroker {
  const state = given.state ?? createState();
  const ledger = createLedger(state);
  const events: AuditEvent[] = [];
  const saved: BrokerState[] = [];
  const setting: Omit<TestBroker, 'broker'> = { ledger, state, events, saved, clockMs: 0, isLedgerReachable: true };
  const view = (): LedgerView => {
    if (!setting.isLedgerReachable) throw new SelvedgeError('VIEW_QUORUM_UNREACHABLE', 'no quorum');
    return ledger;
  };
  const broker = createKeyBroker({
    profile: given.profile ?? profile,
    state,
    store: { save: (next) => void saved.push(next) },
    audit: { head: () => ({ ...EMPTY_CHAIN, count: events.length }), append: (event) => void events.push(event), close: () => undefined },
    ledger: { current: () => setting.staleLedger ?? view(), refresh: async () => Promise.resolve().then(view) },
    attester: given.attester ?? createSimulatedAttester({ ...brokerPlatform, measurement: BROKER_MEASUREMENT }),
    now: () => AT,
    clock: () => setting.clockMs,
    randomBytes,
    ...(given.releasesPerOrganisation === undefined ? {} : { releasesPerOrganisation: given.releasesPerOrganisation }),
  });
  return Object.assign(setting, { broker });
}

/** A node's request that answers a fresh challenge. */
export function createRequest(test: TestBroker, over: Partial<KeyRequestInput> = {}): Promise<PendingKeyRequest> {
  return createKeyRequest({ attester: createAttester(), suite: P256, nodeId: 'node-1', operator, challenge: test.broker.challenge(), profile, ...over });
}
