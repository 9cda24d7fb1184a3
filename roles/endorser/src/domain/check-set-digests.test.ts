import { create } from '@bufbuild/protobuf';
import { isSelvedgeError } from '@selvedge/errors';
import { createSetStatement, createTargetData, createTestConsortium, createTestRevocation, TEST_CONTRACT, type SetDigestInit, type TargetDataInput, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { contentGuardKey, GuardKind, GuardReadSchema, type SetDigestStatement } from '@selvedge/protocol';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { verifyTargetData } from './verify-target-data.js';

const GUARD = new Uint8Array(32).fill(8);
const OTHER = new Uint8Array(32).fill(9);

let consortium: TestConsortium;
let node: TestComputeNode;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode();
});
afterEach(() => {
  consortium.restore();
});

const membershipGuard = (): Uint8Array => createTargetDataGuard({ setReads: [{}] });
function createTargetDataGuard(input: Partial<TargetDataInput>): Uint8Array {
  let key = new Uint8Array(0);
  createTargetData({ consortium, nodes: [], ...input, changeCore: (core) => { key = Uint8Array.from(core.sections[0]!.guardsRead[0]!.guardKey); } });
  return key;
}

/** Target data that queried the simple keys of the world state; the ledger holds the guard's value. */
function refusal(statements: readonly SetDigestStatement[] | undefined, input: Partial<TargetDataInput> = {}): [string, string] | undefined {
  consortium.state.setGuard(TEST_CONTRACT, 'houses', '', membershipGuard(), GUARD);
  const targetData = createTargetData({
    consortium, nodes: [node], setReads: [{ guardTxId: GUARD }], ...input, changeSigned: (data) => { if (statements !== undefined) data.attachments!.statements = [...statements]; },
  });
  try {
    verifyTargetData(targetData, { state: consortium.state, profile: consortium.profile, at: consortium.now });
  } catch (error) {
    if (isSelvedgeError(error)) return [error.code, error.message];
    throw error;
  }
  return undefined;
}
const by = (mspId: string, digest: SetDigestInit = {}): SetDigestStatement => createSetStatement(consortium, mspId, { guardTxId: GUARD, ...digest });
const invalid = (text: string): [string, unknown] => ['SET_DIGEST_INVALID', expect.stringContaining(text)];

describe('target data that read a guard', () => {
  it('needs equal statements of enough organisations', () => {
    expect(refusal([by('NorthMSP'), by('SouthMSP'), by('AuroraMSP')])).toBeUndefined();
    expect(refusal(undefined)).toBeUndefined();
    expect(refusal([])).toEqual(invalid('without equal statements'));
    expect(refusal([by('NorthMSP'), by('SouthMSP')])).toEqual(invalid('without equal statements'));
  });

  it('needs them of distinct organisations', () => {
    expect(refusal([by('NorthMSP'), by('SouthMSP'), by('SouthMSP')])).toEqual(invalid('without equal statements'));
  });

  it('needs them of one height', () => {
    expect(refusal([by('NorthMSP'), by('SouthMSP'), by('EastMSP', { height: 6n })])).toEqual(invalid('without equal statements'));
    expect(refusal([by('NorthMSP'), by('SouthMSP'), by('EastMSP'), by('EastMSP', { height: 6n })])).toBeUndefined();
  });

  it.each<[string, SetDigestInit]>([
    ['root', { root: new Uint8Array(32) }],
    ['count', { count: 4n }],
  ])('needs them to agree about the %s, and names who differs', (_field, change) => {
    expect(refusal([by('NorthMSP'), by('SouthMSP'), by('EastMSP'), by('AuroraMSP', change)])).toEqual(invalid('AuroraMSP differs'));
  });

  it('needs one of them to be of an organisation that does not own the set', () => {
    consortium.setContractPolicy({ ownerSets: consortium.contractPolicy.ownerSets.map((set) => ({ ...set, owners: ['AuroraMSP', 'BorealisMSP', 'NorthMSP'] })) });
    expect(refusal([by('AuroraMSP'), by('BorealisMSP'), by('NorthMSP')])).toEqual(invalid('without equal statements'));
    expect(refusal([by('AuroraMSP'), by('BorealisMSP'), by('NorthMSP'), by('SouthMSP')])).toBeUndefined();
  });

  it('needs them to name the guard’s value as it was read', () => {
    const three = ['NorthMSP', 'SouthMSP', 'EastMSP'];
    expect(refusal(three.map((mspId) => by(mspId, { guardTxId: OTHER })))).toEqual(invalid('another value of a guard'));
    expect(refusal(three.map((mspId) => by(mspId, { guardTxId: new Uint8Array(0) })))).toEqual(invalid('another value of a guard'));
  });

  it('needs each of them to be signed by a peer of the network', () => {
    const unsigned = by('EastMSP');
    delete unsigned.signature;
    expect(refusal([by('NorthMSP'), by('SouthMSP'), by('AuroraMSP'), unsigned])).toEqual(invalid('not signed'));
    const client = createSetStatement(consortium, 'EastMSP', { guardTxId: GUARD }, consortium.organisation('EastMSP').client.signer);
    expect(refusal([by('NorthMSP'), by('SouthMSP'), client])).toEqual(invalid('not signed by a peer'));
  });

  it.each<[string, () => SetDigestInit]>([
    ['contract', () => ({ contract: 'rubies' })],
    ['owner set', () => ({ ownerSet: 'aurora' })],
    ['dataset', () => ({ dataset: 'auroraStones', ownerSet: 'houses' })],
    ['object type', () => ({ datasetTag: consortium.contractKeys.names.datasetTag('', 'stone') })],
    ['extent', () => ({ datasetTag: new Uint8Array(0) })],
  ])('takes none of another %s', (_what, change) => {
    expect(refusal([by('NorthMSP', change()), by('SouthMSP', change()), by('EastMSP', change())])).toEqual(invalid('whose guard was not read'));
  });

  it('needs them for the content guard of a whole dataset as well', () => {
    consortium.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses', contentGuard: true }] });
    consortium.state.setGuard(TEST_CONTRACT, 'houses', '', contentGuardKey(TEST_CONTRACT, ''), GUARD);
    const setReads = [{ guardTxId: GUARD }, { objectType: 'all', guardTxId: GUARD }];
    expect(refusal(undefined, { setReads })).toBeUndefined();
    expect(refusal(['NorthMSP', 'SouthMSP', 'EastMSP'].map((mspId) => by(mspId)), { setReads })).toEqual(invalid('without equal statements'));
  });

  it('has none where no guard was read', () => {
    expect(refusal([], { setReads: [] })).toBeUndefined();
    expect(refusal([by('NorthMSP')], { setReads: [] })).toEqual(invalid('whose guard was not read'));
  });

  it('has them for each of several guards', () => {
    const second = create(GuardReadSchema, { ownerSet: 'houses', dataset: '', guardKey: new Uint8Array(32), kind: GuardKind.MEMBERSHIP });
    expect(refusal(undefined, { changeCore: (core) => { core.sections[0]!.guardsRead.unshift(second); } })).toEqual(invalid('without equal statements'));
  });
});

describe('statements by somebody whose certificate is on a revocation list of the ledger', () => {
  it('do not count, and the endorsement rests on the lists that were read', async () => {
    const statements = [by('NorthMSP'), by('SouthMSP'), by('AuroraMSP')];
    const { key, value } = await createTestRevocation(consortium, 'SouthMSP', [consortium.organisation('SouthMSP').peer.signer]);
    consortium.state.setFact(key, value);
    expect(refusal(statements)).toEqual(invalid('not signed by a peer'));
    consortium.restore();
    consortium.state.setGuard(TEST_CONTRACT, 'houses', '', membershipGuard(), GUARD);
    const targetData = createTargetData({ consortium, nodes: [node], setReads: [{ guardTxId: GUARD }], changeSigned: (data) => { data.attachments!.statements = statements; } });
    const { factReads } = verifyTargetData(targetData, { state: consortium.state, profile: consortium.profile, at: consortium.now });
    expect(factReads.map((read) => read.key)).toContain(key);
  });
});
