import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { CHANNEL_EPOCH, createProfile, facts, parseProfile, type ContractNames } from '@selvedge/policy';
import { KeyAccessNamespaceSchema } from '@selvedge/protocol';
import { COMPUTE_MEASUREMENT, CONTRACT, createLedger, createState, profile, recordChannelEpoch, recordContract, recordEpoch, recordNames, SUITES, type TestLedger } from '../testdata/setting.js';
import type { BrokerState } from '../ports.js';
import type { AuthorisedRequest } from './authorise.js';
import { createKeyRing } from './key-derivation.js';
import { decideRelease } from './release-decision.js';

const state = createState();
const stranger = createState();
const PLATFORM = new Uint8Array(32).fill(0x77);
const request: AuthorisedRequest = {
  role: 'compute',
  nodeId: 'node-1',
  suite: SUITES.P256,
  operatorMspId: 'NorthMSP',
  operatorCertificateHash: new Uint8Array(32).fill(1),
  operatorName: 'peer0',
  nonce: new Uint8Array(32),
  ephemeralKey: new Uint8Array(65),
  signingKey: new Uint8Array(91),
  attestation: { role: 'compute', teeType: 'simulated', measurement: COMPUTE_MEASUREMENT, platformId: PLATFORM },
  evidenceDigest: new Uint8Array(32),
};
const decide = (ledger: TestLedger, over: Partial<AuthorisedRequest> = {}) =>
  decideRelease({ request: { ...request, ...over }, ledger, ring: createKeyRing(state), rootCertificate: state.rootCertificate, profile });
const NORTH = { role: 'compute', operatorMspId: 'NorthMSP' };
const REASON = Buffer.from('compromised');
const changed = (change: (ledger: TestLedger) => void): TestLedger => {
  const ledger = createLedger(state);
  change(ledger);
  return ledger;
};
const refusal = (code: string) => expect.objectContaining({ code }) as Error;

describe('decideRelease', () => {
  it('gives the current epoch, and the assigned contract with its epoch', () => {
    expect(decide(createLedger(state))).toEqual({ channelEpoch: 1n, envelopeEpochs: [1n], contracts: [{ contract: CONTRACT, suite: SUITES.P256, epochs: [1n], laterNames: [], purposes: ['dataKey', 'nameKey', 'randomKey', 'gateKey', 'eventKey'] }], denied: [] });
  });

  it('gives nothing from a broker whose profile is older than the ledger’s', () => {
    const ledger = changed((one) => (one.profile = parseProfile(createProfile({ ...profile.message, version: 2n }))));
    expect(() => decide(ledger)).toThrow(refusal('PROFILE_MISMATCH'));
  });

  it('gives nothing from a broker that the ledger does not record', () => {
    expect(() => decide(changed((ledger) => ledger.facts.delete(facts.brokerRoot)))).toThrow(refusal('BROKER_NOT_RECOGNISED'));
    const other = createLedger(stranger).facts.get(facts.brokerRoot)!;
    expect(() => decide(changed((ledger) => ledger.facts.set(facts.brokerRoot, other)))).toThrow(refusal('BROKER_NOT_RECOGNISED'));
  });

  it.each([
    ['node', facts.revokedNode('node-1')],
    ['platform', facts.revokedPlatform(PLATFORM)],
    ['measurement', facts.revokedMeasurement(COMPUTE_MEASUREMENT)],
  ])('gives nothing to a revoked %s', (what, key) => {
    expect(() => decide(changed((ledger) => ledger.facts.set(key, REASON)))).toThrow(`the ${what} is revoked`);
    expect(() => decide(changed((ledger) => ledger.facts.set(key, REASON)))).toThrow(refusal('TEE_REVOKED'));
  });

  it('gives nothing before the channel has an epoch, or while its newest is revoked', () => {
    expect(() => decide(changed((ledger) => ledger.facts.delete(facts.epoch(CHANNEL_EPOCH, 1n))))).toThrow(refusal('BROKER_NOT_RECOGNISED'));
    expect(() => decide(changed((ledger) => ledger.facts.set(facts.revokedEpoch(CHANNEL_EPOCH, 1n), REASON)))).toThrow(refusal('ENVELOPE_EPOCH_REVOKED'));
  });

  it('gives envelope keys of the current and the previous epoch, never of retired or revoked ones', () => {
    const three = changed((ledger) => {
      recordChannelEpoch(ledger, state, 2n);
      recordChannelEpoch(ledger, state, 3n);
    });
    expect(decide(three)).toMatchObject({ channelEpoch: 3n, envelopeEpochs: [2n, 3n] });
    three.facts.set(facts.revokedEpoch(CHANNEL_EPOCH, 2n), REASON);
    expect(decide(three)).toMatchObject({ channelEpoch: 3n, envelopeEpochs: [3n] });
  });

  it('gives nothing when the ledger records other envelope keys', () => {
    const other = createLedger(stranger).facts.get(facts.epoch(CHANNEL_EPOCH, 1n))!;
    expect(() => decide(changed((ledger) => ledger.facts.set(facts.epoch(CHANNEL_EPOCH, 1n), other)))).toThrow(refusal('BROKER_STATE_MISMATCH'));
  });

  it('gives nothing when the ledger records other contract keys', () => {
    const sameRoot = { ...stranger, rootKey: state.rootKey, rootCertificate: state.rootCertificate };
    expect(() => decide(changed((ledger) => {
      recordEpoch(ledger, sameRoot, CONTRACT, 1n);
    }))).toThrow(refusal('BROKER_STATE_MISMATCH'));
  });

  it('gives a contract’s older epochs too, to read old packets, and never a revoked one', () => {
    const ledger = changed((one) => {
      for (const epoch of [2n, 3n, 4n]) recordEpoch(one, state, CONTRACT, epoch);
    });
    ledger.facts.set(facts.revokedEpoch(CONTRACT, 2n), REASON);
    expect(decide(ledger).contracts).toMatchObject([{ contract: CONTRACT, suite: SUITES.P256, epochs: [1n, 3n, 4n] }]);
  });

  it('gives a contract only to whom its rules admit, and says whom they do not', () => {
    const ledger = changed((one) => {
      recordContract(one, { name: CONTRACT, keyAccess: [{ ...NORTH, nodeIds: ['node-2'] }] });
      recordContract(one, { name: 'open' });
      recordEpoch(one, state, 'open', 1n);
    });
    expect(decide(ledger)).toMatchObject({ contracts: [{ contract: 'open' }], denied: [`${CONTRACT}: rules of contract ${CONTRACT}: saw compute node node-1 of NorthMSP, expected compute node node-2 of NorthMSP`] });
    expect(decide(ledger, { nodeId: 'node-2' }).contracts).toHaveLength(2);
    expect(decide(ledger, { nodeId: 'node-2', operatorMspId: 'SouthMSP' }).contracts).toMatchObject([{ contract: 'open' }]);
  });

  it('refuses whoever may have no contract at all, also where it would only hold envelope keys', () => {
    const ledger = changed((one) => {
      recordContract(one, { name: CONTRACT, keyAccess: [{ ...NORTH, nodeIds: ['node-1'] }] });
    });
    expect(decide(ledger).contracts).toHaveLength(1);
    expect(() => decide(ledger, { operatorMspId: 'SouthMSP' })).toThrow(refusal('KEY_ACCESS_DENIED'));
    expect(() => decide(ledger, { operatorMspId: 'SouthMSP' })).toThrow(`rules of contract ${CONTRACT}: saw compute node node-1 of SouthMSP, expected compute node node-1 of NorthMSP`);
  });

  it('does not refuse in one suite who has a contract in another', () => {
    const ledger = changed((one) => {
      recordContract(one, { name: CONTRACT, keyAccess: [{ ...NORTH, nodeIds: ['node-2'] }] });
      recordContract(one, { name: 'gems', suite: SUITES.X25519 });
      recordEpoch(one, state, 'gems', 1n, SUITES.X25519);
    });
    expect(decide(ledger)).toMatchObject({ envelopeEpochs: [1n], contracts: [] });
    expect(decide(ledger, { suite: SUITES.X25519 }).contracts.map(({ contract }) => contract)).toEqual(['gems']);
  });

  describe('under rules of the profile', () => {
    const under = (keyAccess: readonly { contract: string; rules: object[] }[], change: (ledger: TestLedger) => void = () => undefined) => {
      const ruled = parseProfile(createProfile({ ...profile.message, keyAccess: keyAccess.map((namespace) => create(KeyAccessNamespaceSchema, namespace)) }));
      const ledger = changed((one) => {
        one.profile = ruled;
        change(one);
      });
      return (over: Partial<AuthorisedRequest> = {}) => decideRelease({ request: { ...request, ...over }, ledger, ring: createKeyRing(state), rootCertificate: state.rootCertificate, profile: ruled });
    };

    it('the contract’s own cannot widen them', () => {
      const ask = under([{ contract: '*', rules: [NORTH] }], (ledger) => {
        recordContract(ledger, { name: CONTRACT, keyAccess: [{ ...NORTH, operatorMspId: 'SouthMSP' }, NORTH] });
      });
      expect(ask().contracts).toHaveLength(1);
      expect(() => ask({ operatorMspId: 'SouthMSP' })).toThrow('rules of network profile for *: saw compute node node-1 of SouthMSP, expected compute node any of NorthMSP');
    });

    it('an operator is known by name and certificate', () => {
      const ask = under([{ contract: CONTRACT, rules: [{ ...NORTH, operatorNames: ['peer0'], operatorCertificates: [request.operatorCertificateHash] }] }]);
      expect(ask().contracts).toHaveLength(1);
      expect(() => ask({ operatorName: 'peer1' })).toThrow(refusal('KEY_ACCESS_DENIED'));
      expect(() => ask({ operatorCertificateHash: new Uint8Array(32).fill(2) })).toThrow(refusal('KEY_ACCESS_DENIED'));
    });

    it('whoever they name nowhere gets nothing before there are contracts, and others do', () => {
      const ask = under([{ contract: '*', rules: [NORTH] }, { contract: 'rubies', rules: [{ ...NORTH, operatorMspId: 'EastMSP' }] }], (ledger) => ledger.facts.delete(facts.contract(CONTRACT)));
      expect(ask()).toMatchObject({ envelopeEpochs: [1n], contracts: [] });
      expect(ask({ operatorMspId: 'EastMSP' })).toMatchObject({ envelopeEpochs: [1n] });
      expect(() => ask({ operatorMspId: 'SouthMSP' })).toThrow(refusal('KEY_ACCESS_DENIED'));
    });
  });

  it('gives later name keys: those in use, and those that were current; not those of a migration that was given up', () => {
    const names = (change: Partial<ContractNames>, from: BrokerState = state) =>
      decide(changed((one) => { recordNames(one, from, CONTRACT, { phase: 'settled', current: 1n, other: undefined, former: [], newest: 3n, ...change }); })).contracts.map(({ laterNames }) => laterNames);
    expect(names({ phase: 'copying', other: 3n })).toEqual([[3n]]);
    expect(names({ phase: 'clearing', current: 3n, other: 2n, former: [1n, 2n] })).toEqual([[2n, 3n]]);
    expect(names({ current: 3n, former: [1n] })).toEqual([[3n]]);
    expect(names({})).toEqual([[]]);
    expect(() => names({ current: 3n, former: [1n] }, stranger)).toThrow(refusal('SIGNATURE_INVALID'));
    const viewer = { role: 'viewer' as const, attestation: { ...request.attestation, role: 'viewer' as const } };
    const ledger = changed((one) => {
      recordContract(one, { name: CONTRACT, eventReaders: ['EastMSP'] });
      recordNames(one, state, CONTRACT, { phase: 'copying', current: 1n, other: 2n, former: [], newest: 2n });
    });
    // Of the events alone nobody needs a name.
    expect(decide(ledger, { ...viewer, operatorMspId: 'EastMSP' }).contracts.map(({ laterNames, purposes }) => [laterNames, purposes])).toEqual([[[], ['eventKey']]]);
  });

  it('gives a contract only to keys of its suite, and none that is not on the ledger', () => {
    const ledger = changed((one) => {
      recordContract(one, { name: 'gems', suite: SUITES.X25519 });
      recordEpoch(one, state, 'gems', 1n, SUITES.X25519);
      recordEpoch(one, state, 'withdrawn', 1n);
      recordContract(one, { name: 'not-yet' });
    });
    expect(decide(ledger).contracts.map(({ contract }) => contract)).toEqual([CONTRACT]);
    expect(decide(ledger, { suite: SUITES.X25519 }).contracts.map(({ contract }) => contract)).toEqual(['gems']);
  });
});
