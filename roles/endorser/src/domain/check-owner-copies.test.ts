import { suiteByName } from '@selvedge/crypto';
import { createTargetData, createTestConsortium, type TargetDataInput, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { createOwnerKeys, facts } from '@selvedge/policy';
import { StorageMode } from '@selvedge/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isSelvedgeError } from '@selvedge/errors';
import { verifyTargetData } from './verify-target-data.js';

type OwnerCopyRecipient = ReturnType<NonNullable<TargetDataInput['recipients']>>[number];

const OWNERS = ['AuroraMSP', 'BorealisMSP'] as const;
const suite = suiteByName('P256-AES256GCM-SHA256');
let consortium: TestConsortium;
let node: TestComputeNode;
let keys: Record<string, Uint8Array>;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode();
});
beforeEach(() => {
  keys = Object.fromEntries(OWNERS.map((mspId) => [mspId, record(mspId)]));
  const { ownerSets } = consortium.contractPolicy;
  consortium.setContractPolicy({
    ownerSets: [...ownerSets.filter(({ name }) => name !== 'trade').map(({ name, owners, endorsementPolicy }) => ({ name, owners, endorsementPolicy })), { name: 'trade', owners: [...OWNERS], endorsementPolicy: ownerSets[0]!.endorsementPolicy }],
    datasets: [{ name: '', ownerSet: 'houses' }, { name: 'tradeOffers', ownerSet: 'trade', mode: StorageMode.PLAINTEXT }],
  });
});
afterEach(() => {
  consortium.restore();
});

/** A fresh key, on the ledger. */
function record(mspId: string): Uint8Array {
  const { network, channel } = consortium;
  const { publicKey } = suite.generateKemKeyPair();
  consortium.state.setFact(facts.ownerKeys(mspId), createOwnerKeys(consortium.organisation(mspId).peer.signer, { network, channel, keys: [{ suite: suite.name, publicKey }] }));
  return publicKey;
}
const recipients = (...mspIds: string[]): OwnerCopyRecipient[] => mspIds.map((mspId) => ({ mspId, publicKey: keys[mspId] ?? suite.generateKemKeyPair().publicKey }));
const attempt = (input: Partial<TargetDataInput>) => {
  const targetData = createTargetData({ consortium, nodes: [node], writes: [{ dataset: 'tradeOffers', key: 'o1', value: '1' }], ...input });
  return verifyTargetData(targetData, { state: consortium.state, profile: consortium.profile, at: consortium.now });
};
const refusal = (input: Partial<TargetDataInput>): string => {
  try {
    attempt(input);
    return 'endorsed';
  } catch (error) {
    return isSelvedgeError(error) ? error.code : String(error);
  }
};

describe('copies for owners that keep a dataset in plaintext', () => {
  it('are endorsed when there is one for each owner, under the keys that the endorsement then rests on', () => {
    const { factReads } = attempt({ recipients: () => recipients(...OWNERS) });
    expect(factReads.map(({ key }) => key)).toEqual(expect.arrayContaining(OWNERS.map(facts.ownerKeys)));
  });

  it.each<[string, () => OwnerCopyRecipient[]]>([
    ['there is none', () => []],
    ['an owner is left out', () => recipients('AuroraMSP')],
    ['somebody else gets one in an owner’s place', () => recipients('AuroraMSP', 'CelestaMSP')],
    ['an owner’s bears another name', () => [...recipients('AuroraMSP'), { mspId: 'CelestaMSP', publicKey: keys.BorealisMSP! }]],
    ['somebody else gets one as well', () => recipients(...OWNERS, 'CelestaMSP')],
    ['it is sealed to another key than the recorded one', () => [...recipients('AuroraMSP'), { mspId: 'BorealisMSP', publicKey: suite.generateKemKeyPair().publicKey }]],
    ['two owners’ keys are swapped', () => [{ mspId: 'AuroraMSP', publicKey: keys.BorealisMSP! }, { mspId: 'BorealisMSP', publicKey: keys.AuroraMSP! }]],
  ])('are refused when %s', (_what, of) => {
    expect(refusal({ recipients: of })).toBe('OWNER_COPY_MISMATCH');
  });

  it('are refused after the key has changed, and without one', () => {
    const sealed = recipients(...OWNERS);
    record('BorealisMSP');
    expect(refusal({ recipients: () => sealed })).toBe('OWNER_COPY_MISMATCH');
    consortium.restore();
    expect(refusal({ recipients: () => sealed, writes: [{ key: 's', value: '1' }] })).toBe('OWNER_COPY_MISMATCH');
  });

  it('need keys of the contract’s suite', () => {
    const { network, channel } = consortium;
    const other = suiteByName('X25519-ED25519-AES256GCM-SHA256');
    consortium.state.setFact(facts.ownerKeys('AuroraMSP'), createOwnerKeys(consortium.organisation('AuroraMSP').peer.signer, { network, channel, keys: [{ suite: other.name, publicKey: other.generateKemKeyPair().publicKey }] }));
    expect(refusal({ recipients: () => recipients(...OWNERS) })).toBe('OWNER_KEY_UNKNOWN');
  });

  it('are neither for other datasets nor for deletes', () => {
    expect(refusal({ writes: [{ key: 's', value: '1' }], recipients: () => recipients(...OWNERS) })).toBe('OWNER_COPY_MISMATCH');
    expect(refusal({ writes: [{ key: 's', value: '1' }] })).toBe('endorsed');
    expect(refusal({ writes: [{ dataset: 'tradeOffers', key: 'o1' }] })).toBe('endorsed');
    expect(refusal({ writes: [{ key: 's', value: '1' }, { dataset: 'tradeOffers', key: 'o1', value: '2' }], recipients: (dataset) => (dataset === '' ? [] : recipients(...OWNERS)) })).toBe('endorsed');
  });
});
