import { KeyBroker, KeyBrokerReplication, KeyBrokerUnlock } from '@selvedge/protocol';
import { connectRpc, startRpcServer } from '@selvedge/rpc';
import { SelvedgeError } from '@selvedge/errors';
import { describe, expect, it } from 'vitest';
import { createBrokerGate } from '../broker-gate.js';
import { brokerAttester } from '../testdata/replicas.js';
import { createTestBroker, profile } from '../testdata/setting.js';
import { createKeyBrokerService, createReplicationService, createUnlockService, withCallLimit } from './rpc-handlers.js';

describe('every service of the key broker', () => {
  it('has each of its calls judged by its peer first', async () => {
    const { broker } = createTestBroker();
    const gate = await createBrokerGate({ profile, attester: brokerAttester, readSlots: () => undefined, open: () => Promise.resolve(broker) });
    let isLimited = false;
    const peers: string[] = [];
    const limit = (peer: string): void => {
      peers.push(peer);
      if (isLimited) throw new SelvedgeError('RATE_LIMITED', 'wait');
    };
    const services = [createKeyBrokerService(gate), createReplicationService(gate), createUnlockService(gate)].map((service) => withCallLimit(service, limit));
    const server = await startRpcServer({ role: 'key-broker', address: '127.0.0.1:0', tls: 'off', services });
    const connection = connectRpc(server.address, { tls: 'off' });
    const [keys, replication, unlock] = [connection.client(KeyBroker), connection.client(KeyBrokerReplication), connection.client(KeyBrokerUnlock)];
    const calls: (() => Promise<unknown>)[] = [
      () => keys.challenge({}),
      () => keys.releaseKeys({}),
      () => keys.getEnvelopeEvidence({}),
      () => keys.getKeyCommitments({}),
      () => keys.getNameKeyCommitment({}),
      () => keys.getAuditHead({}),
      () => replication.shareRoot({}),
      () => unlock.getUnlockEvidence({}),
      () => unlock.submitShare({}),
    ];
    try {
      expect((await keys.challenge({})).nonce).toHaveLength(32);
      isLimited = true;
      for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'RATE_LIMITED', role: 'key-broker' });
      expect(peers).toHaveLength(1 + calls.length);
      for (const peer of peers) expect(peer).toMatch(/^127\.0\.0\.1:\d+$/);
    } finally {
      connection.close();
      await server.close();
    }
  });
});
