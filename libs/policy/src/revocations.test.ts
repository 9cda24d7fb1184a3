import { beforeAll, describe, expect, it } from 'vitest';
import { ContractPolicySchema, encodeMessage } from '@selvedge/protocol';
import { CHANNEL_EPOCH, facts, listFacts } from './facts.js';
import { approvePolicyChange, createPolicyChange, createPolicyTransaction } from './policy-change.js';
import { verifyPolicyTransaction } from './policy-transaction.js';
import { newestEpochs } from './revocations.js';
import { brokerRoot, CONTRACT, keyCommitments, makeNetwork, type TestNetwork } from './testdata/network.js';
import { refusal } from './testdata/refusal.js';

type Facts = Record<string, Uint8Array>;

let network: TestNetwork;
/** A channel and two contracts with keys, diamonds in its second epoch; a third contract has none yet. */
let held: Facts;

const WHY = new TextEncoder().encode('stolen');
const channel = (epoch: bigint): Facts => ({ [facts.epoch(CHANNEL_EPOCH, epoch)]: brokerRoot(network, [epoch]) });
const keys = (contract: string, epoch: bigint): Facts => ({ [facts.epoch(contract, epoch)]: keyCommitments(network, { contract, epoch }) });
const policyOf = (name: string): Facts => ({ [facts.contract(name)]: encodeMessage(ContractPolicySchema, { ...CONTRACT, name }) });
const revoked = (...names: string[]): Facts => Object.fromEntries(names.map((key) => [key, WHY]));
const NODE = facts.revokedNode('compute-1');
const UNOPENED = /^POLICY_MALFORMED: .*open the next epoch in the same change/;
const ACCEPTED = 'nothing was refused';

beforeAll(async () => {
  network = await makeNetwork();
  held = { [facts.brokerRoot]: brokerRoot(network, [1n]), ...channel(1n), ...policyOf('diamonds'), ...keys('diamonds', 1n), ...keys('diamonds', 2n), ...policyOf('rubies'), ...keys('rubies', 1n), ...policyOf('opals') };
});

const list = (values: Facts) => listFacts(Object.entries(values).map(([key, value]) => ({ key, value })));

/** What the ledger says of these values, approved by a quorum. */
function judge(values: Facts, present: Facts = held): string {
  const reader = list(present);
  const change = createPolicyChange({ network: 'test-network', channel: 'trade', changes: Object.entries(values).map(([key, value]) => ({ key, value })), facts: reader });
  const transaction = createPolicyTransaction(change, network.admins.map((admin) => approvePolicyChange(change, admin)));
  return refusal(() => verifyPolicyTransaction(transaction, { facts: reader, profile: network.profile }));
}

describe('a revocation of a party', () => {
  const nextOfAll = (): Facts => ({ ...channel(2n), ...keys('diamonds', 3n), ...keys('rubies', 2n) });

  it.each([
    ['node', NODE],
    ['platform', facts.revokedPlatform(new Uint8Array(32).fill(7))],
    ['measurement', facts.revokedMeasurement(new Uint8Array(48).fill(7))],
  ])('a %s: opens the next epoch of the channel and of every contract that has keys', (_what, party) => {
    expect(judge({ ...revoked(party), ...nextOfAll() })).toBe(ACCEPTED);
    expect(judge(revoked(party))).toMatch(UNOPENED);
    for (const left of Object.keys(nextOfAll())) {
      const rest = Object.fromEntries(Object.entries(nextOfAll()).filter(([key]) => key !== left));
      expect(judge({ ...revoked(party), ...rest })).toMatch(UNOPENED);
    }
  });

  it('is no new one where only its reason changes, and none where it ends', () => {
    const present = { ...held, ...revoked(NODE) };
    expect(judge({ [NODE]: new TextEncoder().encode('sold') }, present)).toBe(ACCEPTED);
  });

  it('asks for nothing before there are keys', () => {
    expect(judge(revoked(NODE), {})).toBe(ACCEPTED);
  });

  it('may stop the keys instead, where no broker is there to open new ones: then no epoch of them is in use', () => {
    const stopped = revoked(NODE, facts.revokedEpoch(CHANNEL_EPOCH, 1n), facts.revokedEpoch('rubies', 1n), facts.revokedEpoch('diamonds', 1n), facts.revokedEpoch('diamonds', 2n));
    expect(judge(stopped)).toBe(ACCEPTED);
    for (const left of Object.keys(stopped).filter((key) => key !== NODE)) {
      expect(judge(Object.fromEntries(Object.entries(stopped).filter(([key]) => key !== left)))).toMatch(UNOPENED);
    }
  });
});

describe('a revocation of an epoch', () => {
  it('opens the next one when it is the newest, since the one before is in use too', () => {
    const second = facts.revokedEpoch('diamonds', 2n);
    expect(judge(revoked(second))).toMatch(UNOPENED);
    expect(judge({ ...revoked(second), ...keys('diamonds', 3n) })).toBe(ACCEPTED);
    expect(judge({ ...revoked(second), ...keys('rubies', 2n) })).toMatch(UNOPENED);
    expect(judge(revoked(facts.revokedEpoch('diamonds', 1n)))).toBe(ACCEPTED);
    expect(judge(revoked(second, facts.revokedEpoch('diamonds', 1n)))).toBe(ACCEPTED);
  });

  it('is of one that is recorded', () => {
    expect(judge(revoked(facts.revokedEpoch('diamonds', 3n)))).toMatch(/^POLICY_MALFORMED: .*this epoch is not recorded/);
    expect(judge(revoked(facts.revokedEpoch('opals', 1n)))).toMatch(/^POLICY_MALFORMED: .*this epoch is not recorded/);
  });
});

describe('newestEpochs', () => {
  it('lists the channel first, then every contract with keys', () => {
    expect(newestEpochs(list(held))).toEqual([{ contract: CHANNEL_EPOCH, epoch: 1n }, { contract: 'diamonds', epoch: 2n }, { contract: 'rubies', epoch: 1n }]);
    expect(newestEpochs(list({}))).toEqual([]);
  });
});
