import { beforeAll, describe, expect, it } from 'vitest';
import type { Signer } from '@selvedge/identity';
import { ContractPolicySchema, NetworkProfileSchema, PolicyChangeSchema, encodeMessage, type FactChange } from '@selvedge/protocol';
import { createProfile } from './profile.js';
import { factHash, facts, listFacts, type FactList } from './facts.js';
import { approvePolicyChange, createPolicyChange, createPolicyTransaction, type FactUpdate } from './policy-change.js';
import { verifyPolicyTransaction } from './policy-transaction.js';
import { CONTRACT, brokerRoot, makeNetwork, signedBy, type TestNetwork } from './testdata/network.js';
import { refusal } from './testdata/refusal.js';

let network: TestNetwork;
let admins: readonly Signer[];

beforeAll(async () => {
  network = await makeNetwork();
  admins = network.admins.slice(0, 2);
});

const REASON = new TextEncoder().encode('stolen');
const NODE = facts.revokedNode('compute-1');
const holding = (held: Record<string, Uint8Array> = {}): FactList => listFacts(Object.entries(held).map(([key, value]) => ({ key, value })));
const approvedBy = (change: Uint8Array, signers: readonly Signer[]): Uint8Array => createPolicyTransaction(change, signers.map((signer) => approvePolicyChange(change, signer)));

function changeOf(changes: readonly FactUpdate[], held: FactList = holding(), names: { network?: string; channel?: string; nonce?: Uint8Array } = {}): Uint8Array {
  return createPolicyChange({ network: 'test-network', channel: 'trade', changes, facts: held, ...names });
}

/** What the ledger says of these changes, approved by a quorum. */
function refused(changes: readonly FactUpdate[], held: FactList = holding(), names = {}): string {
  return refusal(() => verifyPolicyTransaction(approvedBy(changeOf(changes, held, names), admins), { facts: held, profile: network.profile }));
}

/** The same, of changes that createPolicyChange would not build. */
function refusedRaw(changes: readonly Partial<FactChange>[]): string {
  const change = encodeMessage(PolicyChangeSchema, { network: 'test-network', channel: 'trade', nonce: new Uint8Array(16), changes: changes.map(({ key, expectedHash, value, remove }) => ({ key: key ?? NODE, expectedHash: expectedHash ?? new Uint8Array(0), value: value ?? new Uint8Array(0), remove: remove ?? false })) });
  return refusal(() => verifyPolicyTransaction(approvedBy(change, admins), { facts: holding(), profile: network.profile }));
}

const contract = (change: object = {}): Uint8Array => encodeMessage(ContractPolicySchema, { ...CONTRACT, ...change });

describe('verifyPolicyTransaction', () => {
  it('gives the changes of a proper transaction, sorted by key', () => {
    const changes = [{ key: NODE, value: REASON }, { key: facts.contract('diamonds'), value: contract() }, { key: facts.revokedNode('a'), value: undefined }];
    const held = holding({ [facts.revokedNode('a')]: REASON });
    const result = verifyPolicyTransaction(approvedBy(changeOf(changes, held), admins), { facts: held, profile: network.profile });
    expect(result.changes).toEqual([changes[1], changes[2], changes[0]]);
  });

  it('refuses another network and channel', () => {
    expect(refused([{ key: NODE, value: REASON }], holding(), { network: 'other' })).toMatch(/^WRONG_NETWORK/);
    expect(refused([{ key: NODE, value: REASON }], holding(), { channel: 'other' })).toMatch(/^WRONG_CHANNEL/);
  });

  it('needs administrators of enough organisations, for this very change', async () => {
    const change = changeOf([{ key: NODE, value: REASON }]);
    const peer = await network.organisations[1]!.signer('peer');
    const [first, second] = admins as [Signer, Signer];
    const judge = (transaction: Uint8Array): string => refusal(() => verifyPolicyTransaction(transaction, { facts: holding(), profile: network.profile }));
    expect(judge(approvedBy(change, [first, second]))).toBe('nothing was refused');
    expect(judge(approvedBy(change, [first]))).toMatch(/^POLICY_APPROVALS_MISSING/);
    expect(judge(approvedBy(change, [first, first]))).toMatch(/^POLICY_APPROVALS_MISSING/);
    expect(judge(approvedBy(change, [first, peer]))).toMatch(/^POLICY_APPROVALS_MISSING/);
    const other = approvePolicyChange(changeOf([{ key: NODE, value: REASON }]), second);
    expect(judge(createPolicyTransaction(change, [approvePolicyChange(change, first), other]))).toMatch(/^POLICY_APPROVALS_MISSING/);
  });

  it('refuses facts that are not as expected', () => {
    const held = holding({ [NODE]: REASON });
    const judge = (change: Uint8Array, reader: FactList): string => refusal(() => verifyPolicyTransaction(approvedBy(change, admins), { facts: reader, profile: network.profile }));
    expect(judge(changeOf([{ key: NODE, value: REASON }]), held)).toMatch(/^POLICY_CONFLICT/);
    expect(judge(changeOf([{ key: NODE, value: undefined }], held), holding({ [NODE]: new Uint8Array([1]) }))).toMatch(/^POLICY_CONFLICT/);
    expect(judge(changeOf([{ key: NODE, value: undefined }], held), holding())).toMatch(/^POLICY_CONFLICT/);
    expect(judge(changeOf([{ key: NODE, value: undefined }], held), held)).toBe('nothing was refused');
  });

  it('refuses changes of a wrong shape', () => {
    expect(refusedRaw([])).toMatch(/^POLICY_MALFORMED: .*changes nothing/);
    expect(refusedRaw(Array.from({ length: 257 }, (_, i) => ({ key: facts.revokedNode(String(i + 1000)), value: REASON })))).toMatch(/^POLICY_MALFORMED: .*more than 256 facts/);
    expect(refused([{ key: NODE, value: REASON }], holding(), { nonce: new Uint8Array(15) })).toMatch(/^POLICY_MALFORMED: .*nonce/);
    expect(refused([{ key: NODE, value: REASON }], holding(), { nonce: new Uint8Array(33) })).toMatch(/^POLICY_MALFORMED: .*nonce/);
    expect(refusedRaw([{ key: facts.revokedNode('b'), value: REASON }, { key: facts.revokedNode('a'), value: REASON }])).toMatch(/^POLICY_MALFORMED: .*not sorted/);
    expect(refusedRaw([{ value: REASON }, { value: REASON }])).toMatch(/^POLICY_MALFORMED: .*not sorted and unique/);
    expect(refusedRaw([{ key: 'revoked/nodes/compute-1', value: REASON }])).toMatch(/^POLICY_MALFORMED: .*no fact has this key/);
    expect(refusedRaw([{}])).toMatch(/^POLICY_MALFORMED: .*has no value/);
    expect(refusedRaw([{ value: new Uint8Array(256 * 1024 + 1) }])).toMatch(/^POLICY_MALFORMED: .*too large/);
    expect(refusedRaw([{ value: REASON, remove: true, expectedHash: factHash(REASON) }])).toMatch(/^POLICY_MALFORMED: .*removed and has a value/);
    expect(refusedRaw([{ remove: true }])).toMatch(/^POLICY_MALFORMED: .*expected to be absent/);
  });

  it('removes nothing but revocations of nodes, platforms and measurements', () => {
    const bytes = new Uint8Array([1]);
    const removable = [NODE, facts.revokedPlatform(bytes), facts.revokedMeasurement(bytes)];
    const lasting = [facts.profile, facts.brokerRoot, facts.contract('diamonds'), facts.epoch('diamonds', 1n), facts.revokedEpoch('diamonds', 1n)];
    for (const key of removable) expect(refused([{ key, value: undefined }], holding({ [key]: REASON }))).toBe('nothing was refused');
    for (const key of lasting) expect(refused([{ key, value: undefined }], holding({ [key]: REASON }))).toMatch(/^POLICY_MALFORMED: .*cannot be removed/);
  });

  it('refuses bytes that are none', () => {
    expect(refusal(() => verifyPolicyTransaction(new Uint8Array([0xff]), { facts: holding(), profile: network.profile }))).toMatch(/^MALFORMED_MESSAGE/);
    expect(refusal(() => verifyPolicyTransaction(new Uint8Array(17 * 1024 * 1024), { facts: holding(), profile: network.profile }))).toMatch(/^MESSAGE_TOO_LARGE/);
  });
});

describe('the profile on the ledger', () => {
  const second = (): Uint8Array => createProfile({ ...network.init, version: 2n });

  it('is the trusted one first', () => {
    expect(refused([{ key: facts.profile, value: network.signedProfile }])).toBe('nothing was refused');
    expect(refused([{ key: facts.profile, value: signedBy(second(), network.admins) }])).toMatch(/^PROFILE_MISMATCH/);
    expect(refused([{ key: facts.profile, value: signedBy(network.profile.bytes, []) }])).toMatch(/^PROFILE_SIGNATURES_MISSING/);
  });

  it('is followed by newer versions, signed under its own quorum', () => {
    const held = holding({ [facts.profile]: network.signedProfile });
    expect(refused([{ key: facts.profile, value: signedBy(second(), admins) }], held)).toBe('nothing was refused');
    expect(refused([{ key: facts.profile, value: network.signedProfile }], held)).toMatch(/^PROFILE_INVALID: .*does not follow/);
    expect(refused([{ key: facts.profile, value: signedBy(second(), admins.slice(1)) }], held)).toMatch(/^PROFILE_SIGNATURES_MISSING/);
  });

  it('is none that would lock the key broker’s store for nobody to open, whoever signed it', () => {
    const held = holding({ [facts.profile]: network.signedProfile });
    const organisations = (network.init.organisations ?? []).map((organisation, i) => ({ ...organisation, unlockKey: i === 0 ? new Uint8Array(65).fill(4) : new Uint8Array(0) }));
    const offTheCurve = encodeMessage(NetworkProfileSchema, { ...network.init, version: 2n, organisations });
    expect(refused([{ key: facts.profile, value: signedBy(offTheCurve, admins) }], held)).toMatch(/^PROFILE_INVALID: .*unlock key of Org1MSP/);
    const withoutHolders = encodeMessage(NetworkProfileSchema, { ...network.init, version: 2n, appraisalPolicies: [{ role: 'key-broker', teeType: 'simulated', measurements: [new Uint8Array(48)] }] });
    expect(refused([{ key: facts.profile, value: signedBy(withoutHolders, admins) }], held)).toMatch(/^PROFILE_INVALID: .*unlock keys of 0 organisations/);
  });
});

describe('a contract on the ledger', () => {
  it('stands under its own name, its versions in order', () => {
    const held = holding({ [facts.contract('diamonds')]: contract() });
    expect(refused([{ key: facts.contract('diamonds'), value: contract({ policyVersion: 2n }) }], held)).toBe('nothing was refused');
    expect(refused([{ key: facts.contract('diamonds'), value: contract() }], held)).toMatch(/^POLICY_MALFORMED: .*policy_version/);
    expect(refused([{ key: facts.contract('rubies'), value: contract() }])).toMatch(/^POLICY_MALFORMED: .*under the key of rubies/);
    expect(refused([{ key: facts.contract('diamonds'), value: contract({ suite: '' }) }])).toMatch(/^POLICY_MALFORMED: .*unknown suite/);
    expect(refused([{ key: facts.contract('diamonds'), value: contract({ eventReaders: ['OtherMSP'] }) }])).toMatch(/^POLICY_MALFORMED: .*OtherMSP/);
  });
});

describe('the key broker on the ledger', () => {
  it('is checked', () => {
    expect(refused([{ key: facts.brokerRoot, value: brokerRoot(network, [1n]) }])).toBe('nothing was refused');
    expect(refused([{ key: facts.brokerRoot, value: REASON }])).toMatch(/^POLICY_MALFORMED: broker root/);
  });
});
