import { isSelvedgeError } from '@selvedge/errors';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { beforeAll, describe, expect, it } from 'vitest';
import { heldKeysOf } from '../testing/test-network.js';
import { placeOf, sealTestPacket } from '../testing/test-packets.js';
import type { HeldContractKeys } from './held-keys.js';
import { createPacketOpener } from './packet-opener.js';

let net: TestConsortium;
let keys: HeldContractKeys;
beforeAll(async () => {
  net = await createTestConsortium();
  keys = heldKeysOf(net, await net.issueComputeNode()).contract(net.contract)!;
});

function code(step: () => unknown): string {
  try {
    step();
    return 'none';
  } catch (error) {
    return isSelvedgeError(error) ? error.code : 'other';
  }
}

describe('the packet opener', () => {
  it('gives the same entry again for the same packet at the same place', () => {
    const opener = createPacketOpener(net.channel, 10_000);
    const { bytes, ledgerKey } = sealTestPacket(net, { key: 'a', value: 'x' });
    const first = opener.open(bytes, { policy: net.contractPolicy, keys }, { dataset: '', ledgerKey });
    expect(opener.open(Uint8Array.from(bytes), { policy: net.contractPolicy, keys }, { dataset: '', ledgerKey })).toBe(first);
  });

  it('checks a remembered packet’s place as if it were new', () => {
    const opener = createPacketOpener(net.channel, 10_000);
    const { bytes, ledgerKey } = sealTestPacket(net, { key: 'a', value: 'x' });
    const contract = { policy: net.contractPolicy, keys };
    opener.open(bytes, contract, { dataset: '', ledgerKey });
    expect(code(() => opener.open(bytes, contract, { dataset: 'auroraStones', ledgerKey }))).toBe('STATE_FORGED');
    expect(code(() => opener.open(bytes, contract, { dataset: '', ledgerKey: placeOf(net, '', 'b').ledgerKey }))).toBe('STATE_FORGED');
    expect(code(() => opener.open(bytes, contract, { dataset: '', datasetTag: placeOf(net, '', '\x00t\x00').datasetTag }))).toBe('STATE_FORGED');
    expect(code(() => opener.open(bytes, { policy: { name: 'other' }, keys }, { dataset: '', ledgerKey }))).toBe('STATE_FORGED');
    expect(opener.open(bytes, contract, { dataset: '', datasetTag: placeOf(net, '', 'a').datasetTag }).key).toBe('a');
  });

  it('forgets the oldest beyond its bound', () => {
    const opener = createPacketOpener(net.channel, 2_000);
    const packets = ['a', 'b', 'c'].map((key) => sealTestPacket(net, { key, value: 'x'.repeat(500) }));
    const open = (i: number) => opener.open(packets[i]!.bytes, { policy: net.contractPolicy, keys }, { dataset: '', ledgerKey: packets[i]!.ledgerKey });
    const first = open(0);
    open(1);
    const third = open(2);
    expect(open(2)).toBe(third);
    expect(open(0)).not.toBe(first);
  });
});
