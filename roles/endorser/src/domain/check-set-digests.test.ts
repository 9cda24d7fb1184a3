import { create } from '@bufbuild/protobuf';
import { createTargetData, createTestConsortium, refusalCode, TEST_CONTRACT, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { signAs, type Signer } from '@selvedge/identity';
import { encodeMessage, SetDigestSchema, SetDigestStatementSchema, signing, type SetDigest, type SetDigestStatement } from '@selvedge/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { verifyTargetData } from './verify-target-data.js';

const ROOT = new Uint8Array(32).fill(5);

let consortium: TestConsortium;
let node: TestComputeNode;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode();
});

const state = (mspId: string, change: Partial<Omit<SetDigest, '$typeName' | '$unknown'>> = {}, signer: Signer = consortium.organisation(mspId).peer.signer): SetDigestStatement => {
  const datasetTag = consortium.contractKeys.names.datasetTag('', '');
  const statement = encodeMessage(SetDigestSchema, {
    network: consortium.network, channel: consortium.channel, contract: TEST_CONTRACT, datasetTag, height: 4n, root: ROOT, count: 2n, ...change,
  });
  return create(SetDigestStatementSchema, { statement, signature: signAs(signer, signing.setDigest(statement)) });
};
const refusal = (statements: readonly SetDigestStatement[]): string | undefined => {
  const targetData = createTargetData({ consortium, nodes: [node], changeSigned: (data) => { data.attachments!.statements = [...statements]; } });
  return refusalCode(() => verifyTargetData(targetData, { state: consortium.state, profile: consortium.profile, at: consortium.now }));
};

describe('set-digest statements', () => {
  it('of organisations that agree pass', () => {
    expect(refusal([state('NorthMSP'), state('AuroraMSP'), state('EastMSP', { height: 5n, root: new Uint8Array(32) })])).toBeUndefined();
  });

  it('must be signed', () => {
    const unsigned = state('NorthMSP');
    delete unsigned.signature;
    expect(refusal([unsigned])).toBe('SET_DIGEST_INVALID');
  });

  it('must be signed over the statement', () => {
    const forged = state('NorthMSP');
    forged.statement = state('NorthMSP', { count: 1n }).statement;
    expect(refusal([forged])).toBe('SET_DIGEST_INVALID');
  });

  it('must be signed by a peer', () => {
    expect(refusal([state('NorthMSP', {}, consortium.organisation('NorthMSP').client.signer)])).toBe('SET_DIGEST_INVALID');
  });

  it('must be signed by an organisation of the network', async () => {
    const stranger = await createTestConsortium();
    expect(refusal([state('NorthMSP', {}, stranger.organisation('NorthMSP').peer.signer)])).toBe('SET_DIGEST_INVALID');
  });

  it.each<[string, Partial<SetDigest>]>([
    ['network', { network: 'elsewhere' }],
    ['channel', { channel: 'elsewhere' }],
    ['contract', { contract: 'rubies' }],
  ])('of another %s are refused', (_field, change) => {
    expect(refusal([state('NorthMSP', change)])).toBe('SET_DIGEST_INVALID');
  });

  it.each<[string, Partial<SetDigest>]>([
    ['root', { root: new Uint8Array(32) }],
    ['count', { count: 3n }],
  ])('of one set and height with another %s are refused', (_field, change) => {
    expect(refusal([state('NorthMSP'), state('SouthMSP', change)])).toBe('SET_DIGEST_INVALID');
  });
});
