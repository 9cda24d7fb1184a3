import { createBrokerRoot } from '@selvedge/attestation';
import { create } from '@bufbuild/protobuf';
import { createTestConsortium, refusalCode, TEST_CONTRACT, type ComputeNodeInput, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { CHANNEL_EPOCH, facts } from '@selvedge/policy';
import { GuardPointSchema, LIMITS, PointReadSchema, SetReadSchema, SignedStateQuerySchema, type SignedStateQuery } from '@selvedge/protocol';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { verifyStateQuery } from './verify-state-query.js';

const KEY = new Uint8Array(32).fill(4);
const REASON = Buffer.from('revoked for a test');
type Query = Parameters<TestComputeNode['signStateQuery']>[0];

let consortium: TestConsortium;
let node: TestComputeNode;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode({ binding: { nodeId: 'compute-1' } });
});
afterEach(() => {
  consortium.restore();
});

const point = (ownerSet: string, dataset: string, ledgerKey = KEY) => create(PointReadSchema, { ownerSet, dataset, ledgerKey });
const aurora = (): Query => ({ contract: TEST_CONTRACT, recipient: 'AuroraMSP', points: [point('aurora', 'auroraStones')] });
const signed = (query: Query = {}, signer = node): SignedStateQuery => create(SignedStateQuerySchema, signer.signStateQuery({ ...aurora(), ...query }));
const refusal = (query: SignedStateQuery, at = consortium.now): string | undefined =>
  refusalCode(() => verifyStateQuery(query, { facts: consortium.state, profile: consortium.profile, mspId: 'AuroraMSP', at }));
const byNode = async (input: Partial<ComputeNodeInput>): Promise<string | undefined> => refusal(signed({}, await consortium.issueComputeNode(input)));

describe('a state query', () => {
  it('of an attested compute node for own datasets passes', () => {
    expect(refusal(signed())).toBeUndefined();
  });

  it('with a certificate of another broker is refused', async () => {
    expect(await byNode({ broker: createBrokerRoot({ network: consortium.network, channel: consortium.channel, now: consortium.now }) })).toBe('TEE_CERTIFICATE_INVALID');
  });

  it.each<[string, ComputeNodeInput['binding'], string]>([
    ['of another network', { network: 'elsewhere' }, 'TEE_CERTIFICATE_INVALID'],
    ['of another channel', { channel: 'elsewhere' }, 'TEE_CERTIFICATE_INVALID'],
    ['of another organisation’s viewer', { role: 'viewer', operatorMspId: 'BorealisMSP' }, 'TEE_WRONG_ROLE'],
    ['of a key broker', { role: 'key-broker', operatorMspId: 'AuroraMSP' }, 'TEE_WRONG_ROLE'],
    ['of an unknown channel epoch', { epoch: 9n }, 'TEE_CERTIFICATE_EXPIRED'],
  ])('with a certificate %s is refused', async (_name, binding, code) => {
    expect(await byNode({ binding: binding ?? {} })).toBe(code);
  });

  it('of the own organisation’s viewer passes, unless rules do not admit it or it is revoked', async () => {
    const viewer = await consortium.issueComputeNode({ binding: { role: 'viewer', nodeId: 'viewer-aurora', operatorMspId: 'AuroraMSP' } });
    consortium.setContractPolicy({ keyAccess: [{ role: 'viewer', operatorMspId: 'AuroraMSP', nodeIds: ['viewer-2'] }] });
    expect(refusal(signed({}, viewer))).toBe('KEY_ACCESS_DENIED');
    consortium.setContractPolicy({ keyAccess: [{ role: 'viewer', operatorMspId: 'AuroraMSP' }] });
    expect(refusal(signed({}, viewer))).toBeUndefined();
    expect(refusal(signed({ points: [point('borealis', 'borealisStones')] }, viewer))).toBe('DATASET_NOT_HELD');
    consortium.state.setFact(facts.revokedNode('viewer-aurora'), REASON);
    expect(refusal(signed({}, viewer))).toBe('TEE_REVOKED');
  });

  it('with a certificate that has ended, or is not valid yet, by the clock is refused', () => {
    expect(refusal(signed(), new Date(consortium.now.getTime() + 2 * 3_600_000))).toBe('TEE_CERTIFICATE_EXPIRED');
    expect(refusal(signed(), new Date(consortium.now.getTime() - 3_600_000))).toBe('TEE_CERTIFICATE_EXPIRED');
  });

  it.each([
    ['node', () => facts.revokedNode('compute-1')],
    ['platform', () => facts.revokedPlatform(node.binding.platformId!)],
    ['measurement', () => facts.revokedMeasurement(node.binding.measurement!)],
    ['epoch', () => facts.revokedEpoch(CHANNEL_EPOCH, 1n)],
  ])('of a revoked %s is refused', (_what, key) => {
    consortium.state.setFact(key(), REASON);
    expect(refusal(signed())).toBe('TEE_REVOKED');
  });

  it('that another key signed is refused', async () => {
    const other = signed({}, await consortium.issueComputeNode());
    expect(refusal(create(SignedStateQuerySchema, { ...signed(), signature: other.signature }))).toBe('SIGNATURE_INVALID');
  });

  it('that was changed on its way is refused', () => {
    expect(refusal(create(SignedStateQuerySchema, { ...signed(), query: signed({ points: [] }).query }))).toBe('SIGNATURE_INVALID');
  });

  it.each<[string, Query, string]>([
    ['another network', { network: 'elsewhere' }, 'WRONG_NETWORK'],
    ['another channel', { channel: 'elsewhere' }, 'WRONG_CHANNEL'],
    ['another business node', { recipient: 'BorealisMSP' }, 'WRONG_RECIPIENT'],
    ['an unknown contract', { contract: 'rubies' }, 'CONTRACT_UNKNOWN'],
    ['a short nonce', { nonce: new Uint8Array(15) }, 'MALFORMED_MESSAGE'],
    ['a short ledger key', { points: [point('aurora', 'auroraStones', new Uint8Array(31))] }, 'MALFORMED_MESSAGE'],
    ['a short dataset tag', { sets: [create(SetReadSchema, { ownerSet: 'aurora', dataset: 'auroraStones', datasetTag: new Uint8Array(31) })] }, 'MALFORMED_MESSAGE'],
    ['a short start', { sets: [create(SetReadSchema, { ownerSet: 'aurora', dataset: 'auroraStones', datasetTag: KEY, after: new Uint8Array(1) })] }, 'MALFORMED_MESSAGE'],
    ['a short guard key', { guards: [create(GuardPointSchema, { ownerSet: 'aurora', dataset: 'auroraStones', guardKey: new Uint8Array(31) })] }, 'MALFORMED_MESSAGE'],
    ['too many points', { points: Array.from({ length: LIMITS.maxSectionEntries + 1 }, () => point('aurora', 'auroraStones')) }, 'LIMIT_EXCEEDED'],
    ['too many sets', { sets: Array.from({ length: LIMITS.maxSections + 1 }, () => create(SetReadSchema, { datasetTag: KEY })) }, 'LIMIT_EXCEEDED'],
    ['too many guards', { guards: Array.from({ length: LIMITS.maxSectionEntries + 1 }, () => create(GuardPointSchema, { guardKey: KEY })) }, 'LIMIT_EXCEEDED'],
  ])('with %s is refused', (_name, query, code) => {
    expect(refusal(signed(query))).toBe(code);
  });

  it('may ask for a dataset as a whole', () => {
    expect(refusal(signed({ sets: [create(SetReadSchema, { ownerSet: 'aurora', dataset: 'auroraStones' })] }))).toBeUndefined();
  });

  it.each([{ operatorMspId: 'NorthMSP', nodeIds: ['compute-2'] }, { operatorMspId: 'SouthMSP', nodeIds: ['compute-1'] }])('of a node that key access rules do not admit is refused: %o', (rule) => {
    consortium.setContractPolicy({ keyAccess: [{ role: 'compute', ...rule }] });
    expect(refusal(signed())).toBe('KEY_ACCESS_DENIED');
  });

  const entries = (ownerSet: string, dataset: string): [string, Query][] => [
    ['points', { points: [point(ownerSet, dataset)] }],
    ['sets', { points: [], sets: [create(SetReadSchema, { ownerSet, dataset, datasetTag: KEY })] }],
    ['guards', { points: [], guards: [create(GuardPointSchema, { ownerSet, dataset, guardKey: KEY })] }],
  ];

  it.each(entries('borealis', 'borealisStones'))('for %s of a dataset that this organisation does not own is refused', (_what, query) => {
    expect(refusal(signed(query))).toBe('DATASET_NOT_HELD');
  });

  it.each(entries('aurora', 'borealisStones'))('for %s of a dataset under another owner set is refused', (_what, query) => {
    expect(refusal(signed(query))).toBe('OWNER_SET_MISMATCH');
  });
});
