import { beforeAll, describe, expect, it } from 'vitest';
import { BrokerRootSchema, SignedKeyCommitmentsSchema, encodeMessage } from '@selvedge/protocol';
import { checkBrokerRoot } from './fact-values.js';
import { CHANNEL_EPOCH, facts, listFacts } from './facts.js';
import { approvePolicyChange, createPolicyChange, createPolicyTransaction } from './policy-change.js';
import { verifyPolicyTransaction } from './policy-transaction.js';
import { brokerRoot, keyCommitments, makeNetwork, makeOrganisation, strangerKey, type TestNetwork } from './testdata/network.js';
import { refusal } from './testdata/refusal.js';

let network: TestNetwork;

beforeAll(async () => {
  network = await makeNetwork();
});

const EPOCH_1 = facts.epoch('diamonds', 1n);
const EPOCH_2 = facts.epoch('diamonds', 2n);
const CHANNEL_1 = facts.epoch(CHANNEL_EPOCH, 1n);

/** What the ledger says of these values, approved by a quorum, with a broker recorded unless told otherwise. */
function refused(values: Record<string, Uint8Array>, held: Record<string, Uint8Array> = { [facts.brokerRoot]: brokerRoot(network, [1n]) }): string {
  const reader = listFacts(Object.entries(held).map(([key, value]) => ({ key, value })));
  const change = createPolicyChange({ network: 'test-network', channel: 'trade', changes: Object.entries(values).map(([key, value]) => ({ key, value })), facts: reader });
  const transaction = createPolicyTransaction(change, network.admins.map((admin) => approvePolicyChange(change, admin)));
  return refusal(() => verifyPolicyTransaction(transaction, { facts: reader, profile: network.profile }));
}

describe('a broker root', () => {
  const encoded = (change: object): Uint8Array => encodeMessage(BrokerRootSchema, { rootCertificate: network.broker.certificate, ...change });
  const key = { suite: 'P256-AES256GCM-SHA256', epoch: 1n, publicKey: new Uint8Array(65) };

  it.each([
    ['no certificate', { rootCertificate: new Uint8Array(5) }, /not a DER certificate/],
    ['a suite that the profile does not allow', { envelopeKeys: [{ ...key, suite: 'X25519-ED25519-AES256GCM-SHA256' }] }, /suite is not allowed/],
    ['an empty key', { envelopeKeys: [{ ...key, publicKey: new Uint8Array(0) }] }, /envelope key: length/],
    ['an oversize key', { envelopeKeys: [{ ...key, publicKey: new Uint8Array(257) }] }, /envelope key: length/],
    ['two keys of one suite and epoch', { envelopeKeys: [key, key] }, /two envelope keys/],
  ])('is refused with %s', (_, change, reason) => {
    const text = refusal(() => checkBrokerRoot(encoded(change), network.profile));
    expect(text).toMatch(/^POLICY_MALFORMED: /);
    expect(text).toMatch(reason);
  });
});

describe('an epoch of a contract', () => {
  it('holds commitments signed by the recorded broker', () => {
    expect(refused({ [EPOCH_1]: keyCommitments(network) })).toBe('nothing was refused');
    expect(refused({ [EPOCH_1]: keyCommitments(network, {}, strangerKey()) })).toMatch(/^POLICY_MALFORMED: .*not signed by the recorded key broker/);
    expect(refused({ [EPOCH_1]: keyCommitments(network) }, {})).toMatch(/^POLICY_MALFORMED: .*no key broker is recorded/);
    expect(refused({ [EPOCH_1]: keyCommitments(network), [facts.brokerRoot]: brokerRoot(network, [1n]) }, {})).toBe('nothing was refused');
  });

  it('is of the contract and number of its key, with whole commitments', () => {
    expect(refused({ [EPOCH_1]: keyCommitments(network, { contract: 'rubies' }) })).toMatch(/^POLICY_MALFORMED: .*another contract/);
    expect(refused({ [EPOCH_1]: keyCommitments(network, { epoch: 2n }) })).toMatch(/^POLICY_MALFORMED: .*another epoch/);
    for (const name of ['dataKey', 'nameKey', 'randomKey', 'gateKey', 'eventKey']) {
      expect(refused({ [EPOCH_1]: keyCommitments(network, { [name]: new Uint8Array(31) }) })).toMatch(/^POLICY_MALFORMED: .*32 bytes/);
    }
    const broken = encodeMessage(SignedKeyCommitmentsSchema, { commitments: new Uint8Array([0xff]) });
    expect(refused({ [EPOCH_1]: broken })).toMatch(/^POLICY_MALFORMED: key commitments: does not parse/);
  });

  it('follows the one before it, under the same name key, and never changes', () => {
    const held = { [facts.brokerRoot]: brokerRoot(network, [1n]), [EPOCH_1]: keyCommitments(network) };
    expect(refused({ [EPOCH_2]: keyCommitments(network, { epoch: 2n, dataKey: new Uint8Array(32).fill(9) }) }, held)).toBe('nothing was refused');
    expect(refused({ [EPOCH_2]: keyCommitments(network, { epoch: 2n, nameKey: new Uint8Array(32).fill(9) }) }, held)).toMatch(/^POLICY_MALFORMED: .*name key changes/);
    expect(refused({ [EPOCH_2]: keyCommitments(network, { epoch: 2n }) })).toMatch(/^POLICY_MALFORMED: .*the one before it is not recorded/);
    expect(refused({ [EPOCH_1]: keyCommitments(network, { dataKey: new Uint8Array(32) }) }, held)).toMatch(/^POLICY_MALFORMED: .*recorded already/);
  });
});

describe('an epoch of the channel', () => {
  it('holds envelope keys of its number, of the recorded broker', async () => {
    expect(refused({ [CHANNEL_1]: brokerRoot(network, [1n]) })).toBe('nothing was refused');
    expect(refused({ [CHANNEL_1]: brokerRoot(network, []) })).toMatch(/^POLICY_MALFORMED: .*no envelope key/);
    expect(refused({ [CHANNEL_1]: brokerRoot(network, [1n, 2n]) })).toMatch(/^POLICY_MALFORMED: .*another epoch/);
    const other = { ...network, broker: { ...network.broker, certificate: (await makeOrganisation('other')).ca.rootCertificate } };
    expect(refused({ [CHANNEL_1]: brokerRoot(other, [1n]) })).toMatch(/^POLICY_MALFORMED: .*not of the recorded key broker/);
  });
});
