import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTestConsortium, refusalCodeOf, type TestConsortium } from '@selvedge/fixtures';
import { createDevTlsCa } from '@selvedge/identity';
import { Endorser, Follower } from '@selvedge/protocol';
import { connectRpc } from '@selvedge/rpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEndorserNode, type EndorserNode } from './endorser-node.js';

let consortium: TestConsortium;
let directory: string;
let node: EndorserNode;
beforeAll(async () => {
  consortium = await createTestConsortium();
  directory = mkdtempSync(path.join(tmpdir(), 'selvedge-fabric-endorser-'));
  const { rootCertificatePem } = await createDevTlsCa('NorthMSP', { now: consortium.now });
  node = await startEndorserNode({
    listen: '127.0.0.1:0',
    directory,
    profile: consortium.profile,
    signer: consortium.organisation('NorthMSP').peer.signer,
    ledger: { kind: 'fabric', peer: { endpoint: '127.0.0.1:1', tlsRootCertificatePem: rootCertificatePem } },
    tls: 'off',
    now: () => consortium.now,
  });
});
afterAll(async () => {
  await node.close();
  rmSync(directory, { recursive: true });
});

describe('an endorser organisation’s node on Fabric', () => {
  it('answers ledger views, once it has the policy, and endorses nothing itself', async () => {
    const connection = connectRpc(node.address, { tls: 'off' });
    try {
      expect(await refusalCodeOf(connection.client(Follower).getLedgerView({ nonce: new Uint8Array(16), knownPolicyRoot: new Uint8Array(0) }))).toBe('NOT_READY');
      expect(await refusalCodeOf(connection.client(Endorser).endorse({}))).toBe('FEATURE_UNSUPPORTED');
    } finally {
      connection.close();
    }
  });
});
