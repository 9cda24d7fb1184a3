import { SUITE_NAMES, suiteByName } from '@selvedge/crypto';
import { signAs, type Signer } from '@selvedge/identity';
import { encodeMessage, OwnerKeysSchema, OwnerKeyStatementSchema, parseMessage, signing, type OwnerKeyStatement } from '@selvedge/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { facts, listFacts } from './facts.js';
import { createOwnerKeys, readOwnerKey } from './owner-keys.js';
import { approvePolicyChange, createPolicyChange, createPolicyTransaction, type FactUpdate } from './policy-change.js';
import { verifyPolicyTransaction } from './policy-transaction.js';
import { makeNetwork, type TestNetwork } from './testdata/network.js';
import { refusal } from './testdata/refusal.js';

const [SUITE, OTHER_SUITE] = SUITE_NAMES;
const KEY = facts.ownerKeys('Org1MSP');
const { publicKey } = suiteByName(SUITE).generateKemKeyPair();
let network: TestNetwork;
let peer: Signer;
let foreignPeer: Signer;
let user: Signer;
beforeAll(async () => {
  network = await makeNetwork();
  const [first, second] = network.organisations;
  [peer, foreignPeer, user] = [await first!.signer('peer'), await second!.signer('peer'), await first!.signer('client')];
});

const place = { network: 'test-network', channel: 'trade' };
const own = (signer = peer): Uint8Array => createOwnerKeys(signer, { ...place, keys: [{ suite: SUITE, publicKey }] });
const made = (change: Partial<OwnerKeyStatement>, signer = peer): Uint8Array => {
  const statement = encodeMessage(OwnerKeyStatementSchema, { ...place, mspId: 'Org1MSP', keys: [{ suite: SUITE, publicKey }], ...change } as OwnerKeyStatement);
  return encodeMessage(OwnerKeysSchema, { statement, signature: signAs(signer, signing.ownerKeys(statement)) });
};
const judge = (changes: readonly FactUpdate[], signers: readonly Signer[]): string => {
  const held = listFacts([]);
  const change = createPolicyChange({ ...place, changes, facts: held });
  return refusal(() => verifyPolicyTransaction(createPolicyTransaction(change, signers.map((signer) => approvePolicyChange(change, signer))), { facts: held, profile: network.profile }));
};
const take = (value: Uint8Array): string => judge([{ key: KEY, value }], network.admins);

describe('an organisation’s keys for copies', () => {
  it('are recorded with the approval of its own administrator, and read by suite', () => {
    expect(judge([{ key: KEY, value: own() }], network.admins.slice(0, 1))).toBe('nothing was refused');
    const reader = listFacts([{ key: KEY, value: own() }]);
    expect(Buffer.from(readOwnerKey(reader, 'Org1MSP', SUITE)!)).toEqual(Buffer.from(publicKey));
    expect(readOwnerKey(reader, 'Org1MSP', OTHER_SUITE)).toBeUndefined();
    expect(readOwnerKey(reader, 'Org2MSP', SUITE)).toBeUndefined();
  });

  it('are not changed by another organisation alone, nor other facts with them', () => {
    expect(judge([{ key: KEY, value: own() }], network.admins.slice(1, 2))).toMatch(/^POLICY_APPROVALS_MISSING/);
    expect(judge([{ key: KEY, value: own() }, { key: facts.revokedNode('n'), value: Buffer.from('r') }], network.admins.slice(0, 1))).toMatch(/^POLICY_APPROVALS_MISSING/);
  });

  it.each<[string, RegExp, () => Uint8Array]>([
    ['of another network', /another network/, () => made({ network: 'other' })],
    ['of another channel', /another network or channel/, () => made({ channel: 'other' })],
    ['of another organisation', /under the key of Org1MSP/, () => made({ mspId: 'Org2MSP' })],
    ['signed by another organisation', /signed by a peer of Org2MSP/, () => made({}, foreignPeer)],
    ['signed by no peer', /not signed by a peer/, () => made({}, user)],
    ['without a signature', /not signed by a peer/, () => encodeMessage(OwnerKeysSchema, { statement: parseMessage(OwnerKeysSchema, made({}), 1e6).statement })],
    ['none at all', /none/, () => made({ keys: [] })],
    ['two of one suite', /two of one suite/, () => made({ keys: [{ suite: SUITE, publicKey }, { suite: SUITE, publicKey }] as OwnerKeyStatement['keys'] })],
    ['of a suite that is not allowed', /does not allow/, () => made({ keys: [{ suite: OTHER_SUITE, publicKey }] as OwnerKeyStatement['keys'] })],
    ['with an epoch', /no epochs/, () => made({ keys: [{ suite: SUITE, publicKey, epoch: 2n }] as OwnerKeyStatement['keys'] })],
    ['that are no points', /not a public key/, () => made({ keys: [{ suite: SUITE, publicKey: new Uint8Array(65) }] as OwnerKeyStatement['keys'] })],
    ['that do not parse', /do not parse/, () => new Uint8Array([255, 1, 2])],
    ['too large', /too large/, () => new Uint8Array(300_000)],
  ])('are refused: %s', (_what, text, value) => {
    expect(take(value())).toMatch(text);
    expect(take(value())).toMatch(/^POLICY_MALFORMED/);
  });
});
