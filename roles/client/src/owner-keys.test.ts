import { fromBinary } from '@bufbuild/protobuf';
import { suiteByName } from '@selvedge/crypto';
import { createTestConsortium, refusalCodeOf, type TestConsortium } from '@selvedge/fixtures';
import { createOwnerKeys, readOwnerKey, facts, listFacts } from '@selvedge/policy';
import { Business, OwnerKeysSchema } from '@selvedge/protocol';
import { implement, startRpcServer } from '@selvedge/rpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConnectionProfile } from './domain/connection-profile.js';
import { fetchOwnerKeys } from './owner-keys.js';

const SUITE = 'P256-AES256GCM-SHA256';
const { publicKey } = suiteByName(SUITE).generateKemKeyPair();
let consortium: TestConsortium;
let server: Awaited<ReturnType<typeof startRpcServer>>;
let answered: Uint8Array;
beforeAll(async () => {
  consortium = await createTestConsortium();
  const refuse = () => Promise.reject(new Error('not asked'));
  const service = implement(Business, { queryState: refuse, challengeReader: refuse, admitReader: refuse, getOwnerKeys: () => Promise.resolve(fromBinary(OwnerKeysSchema, answered)) });
  server = await startRpcServer({ role: 'business', address: '127.0.0.1:0', tls: 'off', services: [service] });
});
afterAll(() => server.close());

const keysOf = (mspId: string): Uint8Array => {
  const { network, channel } = consortium;
  return createOwnerKeys(consortium.organisation(mspId).peer.signer, { network, channel, keys: [{ suite: SUITE, publicKey }] });
};
const fetch = (mspId = 'AuroraMSP'): Promise<Uint8Array> => {
  const connectionProfile = { tls: 'off', businessNodes: [{ mspId: 'AuroraMSP', address: server.address }] } as unknown as ConnectionProfile;
  return fetchOwnerKeys({ connectionProfile, profile: consortium.profile, mspId });
};

describe('an owner’s keys, as its business node gives them', () => {
  it('are the fact’s value', async () => {
    answered = keysOf('AuroraMSP');
    const value = await fetch();
    expect(Buffer.from(readOwnerKey(listFacts([{ key: facts.ownerKeys('AuroraMSP'), value }]), 'AuroraMSP', SUITE)!)).toEqual(Buffer.from(publicKey));
  });

  it('are refused when another organisation signed them, and where no node is known', async () => {
    answered = keysOf('BorealisMSP');
    expect(await refusalCodeOf(fetch())).toBe('POLICY_MALFORMED');
    expect(await refusalCodeOf(fetch('BorealisMSP'))).toBe('INVALID_CONFIGURATION');
  });
});
