import {
  createEndorsedTransaction, createStageRequest, createTargetData, createTestConsortium, endorserSigners, refusalCode,
  type EndorsedTransactionInput, type TestComputeNode, type TestConsortium, type TestContract,
} from '@selvedge/fixtures';
import type { StageRequest } from '@selvedge/protocol';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { ownWrites, verifyStage } from './verify-stage.js';

let consortium: TestConsortium;
let node: TestComputeNode;
let bank: TestContract;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode();
});
beforeEach(() => {
  // Equal names, other owners: what is Aurora's in one contract is Borealis's in the other.
  const ownerSets = [{ name: 'aurora', owners: ['BorealisMSP'], endorsementPolicy: `AND('NorthMSP.peer', 'EastMSP.peer')` }, { name: 'houses', owners: ['CelestaMSP'], endorsementPolicy: `OR('NorthMSP.peer')` }];
  bank = consortium.addContract('bank', { endorsementPolicy: `OR('NorthMSP.peer')`, ownerSets, datasets: [{ name: '', ownerSet: 'houses' }, { name: 'auroraStones', ownerSet: 'aurora' }] });
});
afterEach(() => {
  consortium.restore();
});

const WRITES = [{ dataset: 'auroraStones', key: 's1', value: 'carat 1' }];
const ALL = ['NorthMSP', 'SouthMSP', 'EastMSP'];
const stage = (mspId: string, endorsers: readonly string[] = ALL, change: { request?: (request: StageRequest) => void } & Pick<EndorsedTransactionInput, 'changePayload'> = {}) => {
  const targetData = createTargetData({ consortium, nodes: [node], writes: WRITES, called: [{ contract: bank, writes: WRITES }] });
  const transaction = createEndorsedTransaction({ consortium, targetData, endorsers: endorserSigners(consortium, endorsers), ...(change.changePayload && { changePayload: change.changePayload }) });
  const request = createStageRequest(consortium, targetData, transaction, mspId);
  change.request?.(request);
  return { request, packets: targetData.attachments!.packets, verify: () => verifyStage(request, { state: consortium.state, profile: consortium.profile, mspId }) };
};

it('an owner of one contract’s set stages its own packets and no others, though the sets have one name', () => {
  for (const [mspId, contract, index] of [['AuroraMSP', consortium.contract, 0], ['BorealisMSP', 'bank', 1]] as const) {
    const { request, packets, verify } = stage(mspId);
    expect(request.packets).toEqual([packets[index]]);
    expect(ownWrites(verify(), mspId).map((own) => own.contract)).toEqual([contract]);
    expect(refusalCode(() => stage(mspId, ALL, { request: (changed) => { changed.packets = [...packets]; } }).verify())).toBe('PACKET_MISMATCH');
    expect(refusalCode(() => stage(mspId, ALL, { request: (changed) => { changed.packets = []; } }).verify())).toBe('PACKET_MISMATCH');
  }
  expect(refusalCode(() => stage('CelestaMSP').verify())).toBe('NOT_DECLARED_HERE');
});

it('the policies of both contracts and of both owner sets are asked for', () => {
  expect(refusalCode(() => stage('AuroraMSP', ['NorthMSP', 'SouthMSP']).verify())).toBe('ENDORSEMENT_POLICY_FAILURE');
  expect(refusalCode(() => stage('AuroraMSP', ['NorthMSP', 'EastMSP']).verify())).toBeUndefined();
  consortium.setContractPolicy({ endorsementPolicy: `AND('SouthMSP.peer', 'EastMSP.peer')` });
  expect(refusalCode(() => stage('BorealisMSP', ['NorthMSP', 'EastMSP']).verify())).toBe('ENDORSEMENT_POLICY_FAILURE');
});

it('the declaration of one contract does not stand for the other’s', () => {
  const drop = (contract: string) => ({ changePayload: (payload: { targets: { contract: string }[] }) => { payload.targets = payload.targets.filter((target) => target.contract !== contract); } }) as Pick<EndorsedTransactionInput, 'changePayload'>;
  expect(refusalCode(() => stage('AuroraMSP', ALL, drop('bank')).verify())).toBe('ENDORSEMENT_POLICY_FAILURE');
  expect(refusalCode(() => stage('BorealisMSP', ALL, drop(consortium.contract)).verify())).toBe('ENDORSEMENT_POLICY_FAILURE');
});
