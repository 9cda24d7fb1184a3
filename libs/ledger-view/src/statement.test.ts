import { randomBytes } from 'node:crypto';
import { isSelvedgeError } from '@selvedge/errors';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFakeFollower, type FakeFollower } from './followers.test.support.js';
import { verifyFollowerAnswer, type FollowerStatement } from './statement.js';

let net: TestConsortium;
let follower: FakeFollower;

beforeAll(async () => {
  net = await createTestConsortium();
});
beforeEach(() => {
  const { network, channel, state } = net;
  follower = createFakeFollower({ network, channel, mspId: 'NorthMSP', signer: net.organisation('NorthMSP').peer.signer, ledger: state });
});

async function ask(): Promise<FollowerStatement> {
  const nonce = randomBytes(32);
  const answer = await follower.getLedgerView({ nonce, knownPolicyRoot: new Uint8Array(0) }, new AbortController().signal);
  return verifyFollowerAnswer({ answer, follower, nonce, profile: net.profile });
}

async function expectRefusal(code: string): Promise<void> {
  const error: unknown = await ask().catch((caught: unknown) => caught);
  expect(isSelvedgeError(error) ? error.code : error).toBe(code);
}

describe('verifyFollowerAnswer', () => {
  it('returns the height, the root and the facts', async () => {
    const statement = await ask();
    expect(statement.height).toBe(net.state.height);
    expect(statement.mspId).toBe('NorthMSP');
    expect(statement.facts?.get('profile')).toEqual(net.signedProfile);
  });

  it('refuses another network and another channel', async () => {
    follower.statement = { network: 'other' };
    await expectRefusal('WRONG_NETWORK');
    follower.statement = { channel: 'other' };
    await expectRefusal('WRONG_CHANNEL');
  });

  it('refuses a statement that answers an earlier nonce', async () => {
    follower.statement = { nonce: randomBytes(32) };
    await expectRefusal('VIEW_NONCE_MISMATCH');
  });

  it('refuses a policy root that is not a hash', async () => {
    follower.statement = { policyRoot: new Uint8Array(31) };
    await expectRefusal('MALFORMED_MESSAGE');
  });

  it('refuses a forged signature', async () => {
    follower.tamper = (answer) => {
      if (answer.signature !== undefined) answer.signature = { ...answer.signature, signature: net.organisation('NorthMSP').peer.signer.sign(Buffer.from('other')) };
      return answer;
    };
    await expectRefusal('SIGNATURE_INVALID');
  });

  it('refuses a missing signature', async () => {
    follower.tamper = ({ signature, ...answer }) => (signature === undefined ? answer : answer);
    await expectRefusal('SIGNATURE_INVALID');
  });

  it('refuses identities that are not peers', async () => {
    follower.signer = net.organisation('NorthMSP').client.signer;
    await expectRefusal('IDENTITY_WRONG_ROLE');
  });

  it('refuses a peer of another organisation than the one that was asked', async () => {
    follower.signer = net.organisation('SouthMSP').peer.signer;
    await expectRefusal('IDENTITY_UNTRUSTED');
  });

  it('refuses facts that differ from the signed root', async () => {
    follower.tamper = (answer) => {
      answer.facts = answer.facts.filter((fact) => !fact.key.startsWith('contract/'));
      return answer;
    };
    await expectRefusal('VIEW_FACTS_MISMATCH');
  });

  it('refuses changes of more blocks than may be told, or than there are', async () => {
    follower.statement = { height: 1_000n, changes: Array.from({ length: 65 }, () => new Uint8Array(0)) };
    await expectRefusal('LIMIT_EXCEEDED');
    follower.statement = { height: 1n, changes: [new Uint8Array(8), new Uint8Array(8)] };
    await expectRefusal('MALFORMED_MESSAGE');
    follower.statement = { height: 2n, changes: [new Uint8Array(8), new Uint8Array(8)] };
    expect((await ask()).changes).toHaveLength(2);
  });

  it('refuses an oversize statement and fact', async () => {
    follower.statement = { blockHash: new Uint8Array(80_000) };
    await expectRefusal('MESSAGE_TOO_LARGE');
    follower.statement = {};
    follower.tamper = (answer) => {
      const [fact] = answer.facts;
      if (fact !== undefined) fact.value = new Uint8Array(2 * 1024 * 1024);
      return answer;
    };
    await expectRefusal('LIMIT_EXCEEDED');
  });
});
