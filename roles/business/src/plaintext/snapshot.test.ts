import { sha256, toHex } from '@selvedge/crypto';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { StorageMode } from '@selvedge/protocol';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isPlaintextDataset, takePlaintextSnapshot } from './snapshot.js';

let consortium: TestConsortium;
beforeAll(async () => {
  consortium = await createTestConsortium();
});
afterEach(() => {
  consortium.restore();
});

describe('the entries that an empty store of plaintext is filled with', () => {
  it('are those of own plaintext datasets whose packet is the one that the ledger lists', () => {
    consortium.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses' }, { name: 'auroraStones', ownerSet: 'aurora', mode: StorageMode.PLAINTEXT }, { name: 'celestaStones', ownerSet: 'celesta', mode: StorageMode.PLAINTEXT }] });
    const packets = new Map<string, Uint8Array>();
    const keyOf = (name: string): Uint8Array => sha256(Buffer.from(name));
    const list = (name: string, packet: string | undefined, listed = packet, dataset = 'auroraStones', ownerSet = 'aurora'): void => {
      if (packet !== undefined) packets.set(toHex(keyOf(name)), Buffer.from(packet));
      else packets.delete(toHex(keyOf(name)));
      if (listed !== undefined) consortium.state.setVersion(consortium.contract, ownerSet, dataset, keyOf(name), sha256(Buffer.from(listed)));
    };
    list('here', 'one');
    list('older', 'one', 'two');
    list('missing', undefined, 'one');
    const reader = { packet: (_place: unknown, ledgerKey: Uint8Array) => packets.get(toHex(ledgerKey)), ledgerKeys: ({ dataset }: { dataset: string }) => (dataset === 'auroraStones' ? ['here', 'older', 'missing', 'removed'].map(keyOf) : [keyOf('here')]) };
    const { changes, missing, blockNumber } = takePlaintextSnapshot(consortium.state, reader, 'AuroraMSP');
    expect(changes.map(({ ledgerKey, packetHash }) => [toHex(ledgerKey), toHex(packetHash!)])).toEqual([[toHex(keyOf('here')), toHex(sha256(Buffer.from('one')))]]);
    expect([missing, blockNumber]).toEqual([2, consortium.state.height - 1n]);
  });

  it('are of the owner set that the policy gives a dataset', () => {
    consortium.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses' }, { name: 'auroraStones', ownerSet: 'aurora', mode: StorageMode.PLAINTEXT }] });
    const { contract } = consortium;
    const isPlaintext = (ownerSet: string, dataset: string): boolean => isPlaintextDataset(consortium.state, { contract, ownerSet, dataset });
    expect([isPlaintext('aurora', 'auroraStones'), isPlaintext('trade', 'auroraStones'), isPlaintext('houses', ''), isPlaintext('houses', 'none')]).toEqual([true, false, false, false]);
    expect(isPlaintextDataset(consortium.state, { contract: 'none', ownerSet: 'aurora', dataset: 'auroraStones' })).toBe(false);
  });
});
