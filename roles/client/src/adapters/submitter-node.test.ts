import { create } from '@bufbuild/protobuf';
import { refusalCodeOf } from '@selvedge/fixtures';
import { createDevTlsCa } from '@selvedge/identity';
import { Submitter, SubmitterRequestSchema } from '@selvedge/protocol';
import { connectRpc, type TlsMaterial } from '@selvedge/rpc';
import { afterEach, describe, expect, it } from 'vitest';
import { createFakeNetwork } from '../testdata/fake-network.js';
import { LIMITS } from '../testdata/fake-submitter.js';
import { startSubmitter, type SubmitterNode } from './submitter-node.js';

let node: SubmitterNode | undefined;
afterEach(async () => {
  await node?.close();
});

describe('a submitter’s process', () => {
  it('serves clients of its own organisation alone, and refuses what it cannot read by name', async () => {
    const network = await createFakeNetwork();
    const { consortium, ports } = network;
    const authorities = await Promise.all(['AuroraMSP', 'BorealisMSP'].map((mspId) => createDevTlsCa(mspId, { now: new Date() })));
    const trustedRootsPem = authorities.map(({ rootCertificatePem }) => rootCertificatePem).join('');
    const [own, foreign] = (await Promise.all(authorities.map(async (ca): Promise<TlsMaterial> => ({ ...(await ca.issueTls({ commonName: ca.mspId, hosts: ['127.0.0.1'] })), trustedRootsPem })))) as [TlsMaterial, TlsMaterial];
    node = await startSubmitter({
      listen: '127.0.0.1:0',
      connectionProfile: { network: consortium.network, channel: consortium.channel, signedProfile: 'unused', tls: 'off', keyBroker: 'unused', sequencer: 'unused', endorsers: [], businessNodes: [], computeNodes: [] },
      signedProfile: consortium.signedProfile,
      identity: consortium.organisation('AuroraMSP').admin.signer,
      clock: () => consortium.now,
      ports,
      tls: own,
      clientRootsPem: authorities[0]!.rootCertificatePem,
      policy: { limits: LIMITS, batching: () => ({ maxBatch: 8, maxBatchDelayMs: 5 }) },
      drainMs: 1_000,
    });
    await node.seen();
    const ask = async (tls: TlsMaterial): Promise<string | undefined> => {
      const connection = connectRpc(node!.address, { tls });
      try {
        return await refusalCodeOf(connection.client(Submitter).submit(create(SubmitterRequestSchema, { contract: 'stones' }))[Symbol.asyncIterator]().next());
      } finally {
        connection.close();
      }
    };
    expect(await ask(own)).toBe('MALFORMED_MESSAGE');
    // What a server refuses in the handshake looks to its caller like a peer that is gone.
    expect(await ask(foreign)).toBe('UNAVAILABLE');
    expect(node.queued).toBe(0);
  });
});
