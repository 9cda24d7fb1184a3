import { createTestConsortium, refusalCode, type TestConsortium } from '@selvedge/fixtures';
import { beforeAll, describe, expect, it } from 'vitest';
import { verifyNodeIdentity } from './verify-node-identity.js';

let consortium: TestConsortium;
beforeAll(async () => {
  consortium = await createTestConsortium();
});

describe('a node’s own identity', () => {
  it('must be a peer’s', () => {
    const { peer, client } = consortium.organisation('NorthMSP');
    expect(refusalCode(() => { verifyNodeIdentity(peer.signer, consortium.profile, consortium.now); })).toBeUndefined();
    expect(refusalCode(() => { verifyNodeIdentity(client.signer, consortium.profile, consortium.now); })).toBe('INVALID_CONFIGURATION');
  });

  it('must be of the profile', async () => {
    const stranger = await createTestConsortium();
    const { signer } = stranger.organisation('NorthMSP').peer;
    expect(refusalCode(() => { verifyNodeIdentity(signer, consortium.profile, consortium.now); })).toBe('IDENTITY_UNTRUSTED');
  });
});
