import { beforeAll, describe, expect, it } from 'vitest';
import { ContractPolicySchema, encodeMessage, StorageMode } from '@selvedge/protocol';
import { parseContractPolicy, verifyContractPolicy } from './contract-policy.js';
import { CONTRACT, makeNetwork, type TestNetwork } from './testdata/network.js';
import { refusal } from './testdata/refusal.js';

const encoded = (change: object = {}): Uint8Array => encodeMessage(ContractPolicySchema, { ...CONTRACT, ...change });
const [all, own] = CONTRACT.ownerSets;
const [world, stones] = CONTRACT.datasets;
const [part] = CONTRACT.partitionedFunctions;

describe('parseContractPolicy', () => {
  it('takes a proper policy', () => {
    expect(parseContractPolicy(encoded())).toMatchObject(CONTRACT);
  });

  it.each([
    ['a bad name', { name: 'a/b' }, /: name/],
    ['an empty version', { version: '' }, /: version/],
    ['policy version 0', { policyVersion: 0n }, /policy_version below 1/],
    ['a short code hash', { codeHash: new Uint8Array(31) }, /code_hash: 31 bytes/],
    ['an unknown suite', { suite: 'ROT13' }, /unknown suite/],
    ['a compute quorum of 0', { computeQuorum: 0 }, /compute_quorum/],
    ['a compute quorum of 65', { computeQuorum: 65 }, /compute_quorum/],
    ['an unknown way of counting', { distinctBy: 9 }, /distinct_by/],
    ['a bad endorsement policy', { endorsementPolicy: 'AND(' }, /character 5/],
    ['no owner set', { ownerSets: [], datasets: [] }, /no owner set/],
    ['an owner set twice', { ownerSets: [all, own, own] }, /owner_sets: a name occurs twice/],
    ['an owner set with a bad name', { ownerSets: [all, own, { ...own, name: 'a b' }] }, /owner_sets: entry 2/],
    ['an owner set without owners', { ownerSets: [all, { ...own, owners: [] }] }, /owner set own: no owner/],
    ['owners out of order', { ownerSets: [{ ...all, owners: ['Org2MSP', 'Org1MSP'] }, own] }, /owners are not sorted/],
    ['an owner twice', { ownerSets: [{ ...all, owners: ['Org1MSP', 'Org1MSP'] }, own] }, /owner set all: owners: a name occurs twice/],
    ['an owner that is no MSP id', { ownerSets: [{ ...all, owners: ['Org 1'] }, own] }, /owner set all: owners: entry 0/],
    ['a bad policy of an owner set', { ownerSets: [all, { ...own, endorsementPolicy: "'Org3MSP.peer'" }] }, /character 1/],
    ['no dataset', { datasets: [] }, /no dataset/],
    ['a dataset twice', { datasets: [world, stones, stones] }, /datasets: a name occurs twice/],
    ['a dataset with a bad name', { datasets: [{ ...stones, name: 'a/b' }] }, /datasets: entry 0/],
    ['a dataset of an owner set that is not there', { datasets: [{ ...stones, ownerSet: 'none' }] }, /dataset stones: no owner set none/],
    ['a dataset of an unknown storage mode', { datasets: [{ ...stones, mode: 7 }] }, /unknown storage mode/],
    ['a life of the world state', { datasets: [{ ...world, blockToLive: 3n }] }, /world state has no block_to_live/],
    ['datasets of one owner set that differ in their life', { datasets: [world, { ...stones, blockToLive: 3n }, { ...stones, name: 'other', blockToLive: 4n }] }, /owner set own: its datasets differ in block_to_live/],
    ['a life beyond all heights', { datasets: [{ ...stones, blockToLive: 2n ** 53n + 1n }] }, /block_to_live above/],
    ['a world state that is taken over', { datasets: [{ ...world, takesOver: true }] }, /only a collection of the chaincode’s own can be taken over/],
    ['a collection of Selvedge’s that is taken over', { datasets: [{ ...stones, name: 'selvedge_own', takesOver: true }] }, /only a collection of the chaincode’s own/],
    ['a marker collection that is taken over', { datasets: [{ ...stones, name: 'selvedge-marker', takesOver: true }] }, /only a collection of the chaincode’s own/],
    ['an implicit collection that is taken over', { datasets: [{ ...stones, name: '_implicit_org_Org1MSP', takesOver: true }] }, /only a collection of the chaincode’s own/],
    ['a collection with an end that is taken over', { datasets: [{ ...stones, blockToLive: 3n, takesOver: true }] }, /a collection with block_to_live cannot be taken over/],
    ['a member that is no MSP id', { datasets: [{ ...stones, members: ['Org 1'] }] }, /members: entry 0/],
    ['a gated function twice', { gatedFunctions: ['a', 'a'] }, /gated_functions: a name occurs twice/],
    ['a gated function without a name', { gatedFunctions: [''] }, /gated_functions: empty/],
    ['too many gated functions', { gatedFunctions: Array.from({ length: 257 }, (_, i) => String(i)) }, /gated_functions: more than 256/],
    ['a gate organisation that is no MSP id', { gateOrganisations: ['?'] }, /gate_organisations: entry 0/],
    ['gate organisations that are not sorted', { gateOrganisations: ['Org2MSP', 'Org1MSP'] }, /gate_organisations are not sorted/],
    ['gated functions beside a dataset in plaintext', { datasets: [{ name: '', ownerSet: 'all' }, { name: 'stones', ownerSet: 'own', mode: StorageMode.PLAINTEXT }] }, /gated_functions, and dataset 'stones' is in plaintext/],
    ['a gate without gated functions', { gatedFunctions: [] }, /gate_organisations without gated functions/],
    ['a gate that nobody opens', { gateQuorum: 0 }, /gate_quorum: a number from 1 to 1/],
    ['a gate that its organisations cannot open', { gateQuorum: 2 }, /gate_quorum: a number from 1 to 1/],
    ['a quorum of no gate', { gatedFunctions: [], gateOrganisations: [] }, /gate_quorum: a number from 0 to 0/],
    ['a partitioned function twice', { partitionedFunctions: [part, { ...part, function: 'Stock:Total' }] }, /partitioned_functions: a name occurs twice/],
    ['a partitioned function without a map', { partitionedFunctions: [{ ...part, map: '' }] }, /partitioned_functions: an empty name/],
    ['a partitioned function whose reduce is nameless', { partitionedFunctions: [{ ...part, reduce: 'Stock:' }] }, /partitioned_functions: an empty name/],
    ['a partitioned function with a long name', { partitionedFunctions: [{ ...part, function: 'f'.repeat(257) }] }, /partitioned_functions: .*too long/],
    ['a map that is a reduce', { partitionedFunctions: [part, { ...part, function: 'Other', map: 'stock:sum' }] }, /partitioned_functions: one function is map and reduce/],
    ['a partitioned function that is gated', { partitionedFunctions: [{ ...part, reduce: 'Bid' }] }, /partitioned_functions: a function is gated as well/],
    ['too many partitioned functions', { partitionedFunctions: Array.from({ length: 257 }, (_, i) => ({ ...part, function: String(i) })) }, /partitioned_functions: more than 256/],
    ['an organisation mapped twice', { organisationMap: [...CONTRACT.organisationMap, ...CONTRACT.organisationMap] }, /organisation_map: a name occurs twice/],
    ['an organisation mapped to none', { organisationMap: [{ chaincodeMspId: 'X', endorserMspId: '' }] }, /organisation_map: endorser_msp_id/],
    ['a key access rule that is not proper', { keyAccess: [{ role: 'compute', operatorMspId: 'Org1MSP', nodeIds: ['n', 'n'] }] }, /key_access: rule 0: node_ids: not sorted/],
    ['an event reader that is no MSP id', { eventReaders: ['?'] }, /event_readers/],
    ['too many datasets', { datasets: Array.from({ length: 257 }, (_, i) => ({ name: `d${String(i)}`, ownerSet: 'all' })) }, /datasets: more than 256/],
  ] as [string, object, RegExp][])('refuses %s', (_, change, reason) => {
    const text = refusal(() => parseContractPolicy(encoded(change)));
    expect(text).toMatch(/^POLICY_MALFORMED: /);
    expect(text).toMatch(reason);
  });

  it('refuses what does not parse, is too large, or has fields that it does not know', () => {
    expect(refusal(() => parseContractPolicy(new Uint8Array([0xff])))).toMatch(/^POLICY_MALFORMED: .*does not parse/);
    expect(refusal(() => parseContractPolicy(new Uint8Array(256 * 1024 + 1)))).toMatch(/^POLICY_MALFORMED: .*too large/);
    expect(refusal(() => parseContractPolicy(Uint8Array.from([...encoded(), 0x9a, 0x06, 0x00])))).toMatch(/^POLICY_MALFORMED: .*unknown fields/);
  });
});

describe('verifyContractPolicy', () => {
  let network: TestNetwork;
  beforeAll(async () => {
    network = await makeNetwork();
  });

  const refused = (change: object, previous?: object): string =>
    refusal(() => {
      verifyContractPolicy(parseContractPolicy(encoded(change)), network.profile, previous && parseContractPolicy(encoded(previous)));
    });

  it('lets no mapping of an organisation change or go', () => {
    const mapped = (...pairs: [string, string][]): object => ({ organisationMap: pairs.map(([chaincodeMspId, endorserMspId]) => ({ chaincodeMspId, endorserMspId })) });
    expect(refused({ policyVersion: 2n, ...mapped(['X', 'Org1MSP'], ['Y', 'Org2MSP']) }, mapped(['X', 'Org1MSP']))).toBe('nothing was refused');
    for (const now of [mapped(), mapped(['X', 'Org2MSP']), mapped(['Y', 'Org1MSP'])]) expect(refused({ policyVersion: 2n, ...now }, mapped(['X', 'Org1MSP']))).toMatch(/^POLICY_MALFORMED: .*organisation map changes for X/);
  });

  it('lets no life of an owner set change', () => {
    const live = (blockToLive: bigint): object => ({ datasets: [world, { ...stones, blockToLive }] });
    expect(refused({ policyVersion: 2n, ...live(3n) }, live(3n))).toBe('nothing was refused');
    for (const [now, before] of [[4n, 3n], [0n, 3n], [3n, 0n]] as const) expect(refused({ policyVersion: 2n, ...live(now) }, live(before))).toMatch(/^POLICY_MALFORMED: .*block_to_live of owner set own changes/);
  });

  it('lets no dataset go, and none into another owner set', () => {
    const keep = { policyVersion: 2n };
    expect(refused({ ...keep, datasets: [world, stones, { ...stones, name: 'more' }] }, {})).toBe('nothing was refused');
    expect(refused({ ...keep, datasets: [world] }, {})).toMatch(/^CONTRACT_DATASET_DROPPED: contract diamonds: dataset stones is missing/);
    expect(refused({ ...keep, datasets: [world, { ...stones, name: 'gems' }] }, {})).toMatch(/^CONTRACT_DATASET_DROPPED: .*dataset stones is missing/);
    expect(refused({ ...keep, datasets: [stones] }, {})).toMatch(/^CONTRACT_DATASET_DROPPED: .*the world state is missing/);
    expect(refused({ ...keep, datasets: [world, { ...stones, ownerSet: 'all' }] }, {})).toMatch(/^CONTRACT_DATASET_DROPPED: .*dataset stones moves from owner set own to all/);
  });

  it('lets a dataset go once the profile lists none of its owners: nobody holds it', () => {
    const gone = (...owners: string[]): object => ({ ownerSets: [all, { ...own, owners }] });
    const now = { policyVersion: 2n, ownerSets: [all], datasets: [world] };
    expect(refused(now, gone('LeftMSP'))).toBe('nothing was refused');
    expect(refused(now, gone('LeftMSP', 'Org3MSP'))).toMatch(/^CONTRACT_DATASET_DROPPED/);
    expect(refused({ ...now, datasets: [world, { ...stones, ownerSet: 'all' }] }, gone('LeftMSP'))).toMatch(/^CONTRACT_DATASET_DROPPED/);
  });

  it('lets no storage mode change', () => {
    const kept = (mode: StorageMode): object => ({ datasets: [world, { ...stones, mode }], gatedFunctions: [], gateOrganisations: [], gateQuorum: 0 });
    expect(refused({ policyVersion: 2n, ...kept(StorageMode.PLAINTEXT) }, kept(StorageMode.PLAINTEXT))).toBe('nothing was refused');
    for (const [now, before] of [[StorageMode.PLAINTEXT, StorageMode.CIPHERTEXT], [StorageMode.CIPHERTEXT, StorageMode.PLAINTEXT]] as const) expect(refused({ policyVersion: 2n, ...kept(now) }, kept(before))).toMatch(/^POLICY_MALFORMED: .*storage mode of dataset .* changes/);
  });

  it('lets a dataset take a collection over from its first policy on, or never', () => {
    const taken = (takesOver: boolean): object => ({ datasets: [world, { ...stones, takesOver }] });
    expect(refused({ policyVersion: 2n, ...taken(true) }, taken(true))).toBe('nothing was refused');
    expect(refused({ policyVersion: 2n, ...taken(true) }, { datasets: [world] })).toBe('nothing was refused');
    for (const [now, before] of [[true, false], [false, true]] as const) expect(refused({ policyVersion: 2n, ...taken(now) }, taken(before))).toMatch(/^POLICY_MALFORMED: .*takes a collection over from its first policy on, or never/);
  });

  it('lets nobody become a member of a collection that is taken over', () => {
    const kept = (takesOver: boolean, members: readonly string[]): object => ({ datasets: [world, { ...stones, takesOver, members }] });
    for (const [takesOver, now] of [[true, ['Org3MSP', 'Org1MSP']], [true, ['Org1MSP']], [false, ['Org1MSP', 'Org2MSP', 'Org3MSP']]] as const) {
      expect(refused({ policyVersion: 2n, ...kept(takesOver, now) }, kept(takesOver, ['Org1MSP', 'Org3MSP']))).toBe('nothing was refused');
    }
    expect(refused({ policyVersion: 2n, ...kept(true, ['Org1MSP', 'Org2MSP']) }, kept(true, ['Org1MSP', 'Org3MSP']))).toMatch(/^POLICY_MALFORMED: .*Org2MSP as a new member would be given its old values/);
  });

  it('counts its versions from 1, by one', () => {
    expect(refused({})).toBe('nothing was refused');
    expect(refused({ policyVersion: 2n })).toMatch(/^POLICY_MALFORMED: .*policy_version 2, 1 expected/);
    expect(refused({ policyVersion: 6n }, { policyVersion: 5n })).toBe('nothing was refused');
    for (const policyVersion of [4n, 5n, 7n]) expect(refused({ policyVersion }, { policyVersion: 5n })).toMatch(/^POLICY_MALFORMED: .*6 expected/);
  });

  it('lets no version number fall behind the one on the ledger; the same one may name new code', () => {
    for (const version of ['2.0.0', '2.0.1', '10.0.0', 'blue']) expect(refused({ policyVersion: 2n, version }, { version: '2.0.0' })).toBe('nothing was refused');
    for (const version of ['1.9.9', '2.0.0-rc.1', '1.0']) expect(refused({ policyVersion: 2n, version }, { version: '2.0.0' })).toMatch(/^CONTRACT_DOWNGRADE: contract diamonds: version .* is older than 2\.0\.0/);
  });

  it.each([
    ['suite', { suite: 'X25519-ED25519-AES256GCM-SHA256' }, /is not allowed/],
    ['endorsement policy', { endorsementPolicy: "OR('OtherMSP.peer')" }, /the endorsement policy names OtherMSP/],
    ['owner', { ownerSets: [all, { ...own, owners: ['OtherMSP'] }] }, /owner set own names OtherMSP/],
    ['endorsement policy of an owner set', { ownerSets: [all, { ...own, endorsementPolicy: "OR('OtherMSP.peer')" }] }, /policy of owner set own names OtherMSP/],
    ['member', { datasets: [{ ...stones, members: ['OtherMSP'] }] }, /dataset stones names OtherMSP/],
    ['mapping', { organisationMap: [{ chaincodeMspId: 'X', endorserMspId: 'OtherMSP' }] }, /organisation map names OtherMSP/],
    ['organisation of a gate', { gateOrganisations: ['OtherMSP'] }, /the gate names OtherMSP/],
    ['event reader', { eventReaders: ['OtherMSP'] }, /event readers names OtherMSP/],
    ['organisation that may have keys', { keyAccess: [{ role: 'compute', operatorMspId: 'OtherMSP' }] }, /a key access rule names OtherMSP/],
  ])('refuses a %s that the profile does not have', (_, change, reason) => {
    const text = refused(change);
    expect(text).toMatch(/^POLICY_MALFORMED: contract diamonds: /);
    expect(text).toMatch(reason);
  });

  it('refuses gated functions without a gate, though what stands on the ledger so can be read', () => {
    const gateless = { gateOrganisations: [], gateQuorum: 0 };
    expect(refused(gateless)).toMatch(/gated functions and names no gate/);
    expect(parseContractPolicy(encoded(gateless)).gateQuorum).toBe(0);
  });
});
