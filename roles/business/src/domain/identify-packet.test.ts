import { createTargetData, createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { entryKeyHash } from '@selvedge/fabric';
import { beforeAll, describe, expect, it } from 'vitest';
import { identifyPacket } from './identify-packet.js';
import { isOwnersCollection } from './own-collections.js';

let consortium: TestConsortium;
let packet: Uint8Array;
let keyHash: Uint8Array;
beforeAll(async () => {
  consortium = await createTestConsortium();
  packet = createTargetData({ consortium, nodes: [], writes: [{ dataset: 'auroraStones', key: 'k', value: 'v' }] }).attachments!.packets[0]!;
  keyHash = entryKeyHash(consortium.contractKeys.names.ledgerKey('auroraStones', 'k'));
});

describe('identifyPacket', () => {
  it('reads the entry from the packet’s header', () => {
    expect(identifyPacket(packet, consortium.contract, keyHash)).toMatchObject({ dataset: 'auroraStones' });
  });

  it('knows no packet of another contract, under another key, or in other bytes', () => {
    expect(identifyPacket(packet, 'other', keyHash)).toBeUndefined();
    expect(identifyPacket(packet, consortium.contract, new Uint8Array(32))).toBeUndefined();
    for (const bytes of [new Uint8Array(0), Uint8Array.of(0xff), consortium.signedProfile]) expect(identifyPacket(bytes, consortium.contract, keyHash)).toBeUndefined();
  });
});

describe('isOwnersCollection', () => {
  it('is so for an owner set that names the organisation, and for nothing else', () => {
    const owns = (mspId: string, contract: string, collection: string): boolean => isOwnersCollection(consortium.state, mspId, contract, collection);
    expect(owns('AuroraMSP', consortium.contract, 'selvedge_aurora')).toBe(true);
    expect(owns('BorealisMSP', consortium.contract, 'selvedge_aurora')).toBe(false);
    expect(owns('NorthMSP', consortium.contract, 'selvedge_aurora')).toBe(false);
    expect(owns('AuroraMSP', consortium.contract, 'selvedge-marker')).toBe(false);
    expect(owns('AuroraMSP', consortium.contract, 'aurora')).toBe(false);
    expect(owns('AuroraMSP', 'other', 'selvedge_aurora')).toBe(false);
  });
});
