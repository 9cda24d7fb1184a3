import { create } from '@bufbuild/protobuf';
import { createSetStatement, createTestConsortium, refusalCode, type TestConsortium } from '@selvedge/fixtures';
import { signAs } from '@selvedge/identity';
import { SetDigestStatementSchema, signing, type SetDigestStatement } from '@selvedge/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { digestText, isStatementQuorum, verifySetStatement } from './index.js';

let consortium: TestConsortium;
beforeAll(async () => {
  consortium = await createTestConsortium();
});

const refusal = (statement: SetDigestStatement): string | undefined => refusalCode(() => verifySetStatement(statement, consortium.profile));

describe('a statement of a set', () => {
  it('is of the organisation whose peer signed it', () => {
    const { mspId, digest } = verifySetStatement(createSetStatement(consortium, 'NorthMSP'), consortium.profile);
    expect([mspId, digest.contract, digest.count]).toEqual(['NorthMSP', consortium.contract, 3n]);
  });

  it('must be signed by a peer of the network, over itself', async () => {
    const { signature, ...unsigned } = createSetStatement(consortium, 'NorthMSP');
    expect(refusal(unsigned)).toBe('SET_DIGEST_INVALID');
    expect(refusal({ ...unsigned, signature: signature!, statement: createSetStatement(consortium, 'NorthMSP', { count: 4n }).statement })).toBe('SET_DIGEST_INVALID');
    expect(refusal(createSetStatement(consortium, 'NorthMSP', {}, consortium.organisation('NorthMSP').client.signer))).toBe('SET_DIGEST_INVALID');
    const stranger = await createTestConsortium();
    expect(refusal(createSetStatement(consortium, 'NorthMSP', {}, stranger.organisation('NorthMSP').peer.signer))).toBe('SET_DIGEST_INVALID');
  });

  it.each([{ network: 'elsewhere' }, { channel: 'elsewhere' }, { root: new Uint8Array(31) }, { datasetTag: new Uint8Array(31) }, { guardTxId: new Uint8Array(31) }])('with %j is refused', (change) => {
    expect(refusal(createSetStatement(consortium, 'NorthMSP', change))).toBe('SET_DIGEST_INVALID');
  });

  it.each([new Uint8Array(3000), Uint8Array.of(0xff, 0xff), new Uint8Array(0)])('of garbage is refused, however it is signed', (statement) => {
    const signature = signAs(consortium.organisation('NorthMSP').peer.signer, signing.setDigest(statement));
    expect(refusal(create(SetDigestStatementSchema, { statement, signature }))).toBe('SET_DIGEST_INVALID');
  });

  it('has a text of its own for each thing that it can say', () => {
    const changes = [{}, { contract: 'x' }, { ownerSet: 'x' }, { dataset: 'auroraStones', ownerSet: 'houses' }, { datasetTag: new Uint8Array(0) }, { height: 6n }, { root: new Uint8Array(32) }, { count: 4n }, { guardTxId: new Uint8Array(32) }];
    const texts = changes.map((change) => digestText(verifySetStatement(createSetStatement(consortium, 'NorthMSP', change), consortium.profile).digest));
    expect(new Set(texts).size).toBe(changes.length);
    expect(digestText(verifySetStatement(createSetStatement(consortium, 'SouthMSP'), consortium.profile).digest)).toBe(texts[0]);
  });
});

describe('a quorum of statements', () => {
  const isQuorum = (mspIds: readonly string[], owners: readonly string[]): boolean => isStatementQuorum(new Set(mspIds), { owners, profile: consortium.profile });

  it('has as many organisations as the profile says, one of them not an owner', () => {
    expect(isQuorum(['NorthMSP', 'AuroraMSP', 'BorealisMSP'], ['AuroraMSP', 'BorealisMSP'])).toBe(true);
    expect(isQuorum(['NorthMSP', 'AuroraMSP'], ['AuroraMSP'])).toBe(false);
    expect(isQuorum(['NorthMSP', 'AuroraMSP', 'BorealisMSP'], ['AuroraMSP', 'BorealisMSP', 'NorthMSP'])).toBe(false);
  });

  it('may be of owners alone where every organisation is one', () => {
    const all = consortium.profile.message.organisations.map(({ mspId }) => mspId);
    expect(isQuorum(all.slice(0, 3), all)).toBe(true);
    expect(isQuorum(all.slice(0, 2), all)).toBe(false);
  });
});
