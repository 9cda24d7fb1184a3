import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openLedgerStore, readEndorsedTransaction, type AppliedBlock, type EndorsedContent, type LedgerStore } from '@selvedge/embedded-ledger';
import { createEndorsedTransaction, createTargetData, createTestConsortium, type TestConsortium, type TestWrite } from '@selvedge/fixtures';
import { ValidationCode } from '@selvedge/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyBlock } from './apply-block.js';
import { openPacketStore, type PacketStore } from './packet-store.js';
import { openPendingStore, type PendingStore } from './pending-store.js';

const NONE = { versions: [], guards: [], keyPolicies: [], facts: [] };
const WRITES = [{ dataset: 'auroraStones', key: 'a', value: '1' }, { dataset: 'borealisStones', key: 'b', value: '2' }];

let consortium: TestConsortium;
let directory: string;
let store: LedgerStore;
let packets: PacketStore;
let pending: PendingStore;
let missing: string[];
beforeAll(async () => {
  consortium = await createTestConsortium();
});
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'selvedge-apply-'));
  store = openLedgerStore({ directory });
  packets = openPacketStore(store);
  pending = openPendingStore(store);
  missing = [];
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

const endorsed = (writes: readonly TestWrite[] = WRITES): { content: EndorsedContent; packets: Uint8Array[] } => {
  const targetData = createTargetData({ consortium, nodes: [], writes });
  return { content: readEndorsedTransaction(createEndorsedTransaction({ consortium, targetData })), packets: targetData.attachments!.packets };
};
const apply = (content: EndorsedContent | undefined, code = ValidationCode.VALID, ended: AppliedBlock['ended'] = []): Promise<void> => {
  const block: AppliedBlock = { number: 4n, hash: new Uint8Array(32), transactions: [{ index: 0, code, txId: content?.txId, endorsed: content, updates: NONE, reason: undefined }], ended };
  const log = { warn: () => undefined, error: (_fields: unknown, message: string) => missing.push(message) };
  return store.write(() => { applyBlock(block, { packets, pending, mspId: 'AuroraMSP', log }); });
};
const place = (ownerSet: string, dataset: string) => ({ contract: consortium.contract, ownerSet, dataset });
const stored = (dataset: string, key: string, ownerSet: string): Uint8Array | undefined => packets.packet(place(ownerSet, dataset), consortium.contractKeys.names.ledgerKey(dataset, key));
const keep = (content: EndorsedContent, some: readonly Uint8Array[]): Promise<bigint> => pending.keep(content.targetDigest, some, () => 4n);

describe('a block that is applied', () => {
  it('moves the packets of own owner sets from pending to the state', async () => {
    const { content, packets: all } = endorsed();
    await keep(content, all);
    await apply(content);
    expect(Buffer.from(stored('auroraStones', 'a', 'aurora')!).equals(all[0]!)).toBe(true);
    expect(stored('borealisStones', 'b', 'borealis')).toBeUndefined();
    expect(pending.usage.count).toBe(0);
    expect(missing).toEqual([]);
  });

  it('removes what is deleted', async () => {
    const { content, packets: all } = endorsed();
    await keep(content, all);
    await apply(content);
    await apply(endorsed([{ dataset: 'auroraStones', key: 'a' }]).content);
    expect(stored('auroraStones', 'a', 'aurora')).toBeUndefined();
    expect([...packets.ledgerKeys(place('aurora', 'auroraStones'), consortium.contractKeys.names.datasetTag('auroraStones', ''), new Uint8Array(0))]).toEqual([]);
  });

  it('stores nothing of an invalid transaction, and drops what was staged for it', async () => {
    const { content, packets: all } = endorsed();
    await keep(content, all);
    await apply(content, ValidationCode.MVCC_READ_CONFLICT);
    expect(stored('auroraStones', 'a', 'aurora')).toBeUndefined();
    expect(pending.usage.count).toBe(0);
  });

  it('keeps the place of a packet that is missing, not the packet before it', async () => {
    const first = endorsed();
    await keep(first.content, first.packets);
    await apply(first.content);
    await apply(endorsed([{ dataset: 'auroraStones', key: 'a', value: 'new' }]).content);
    expect(stored('auroraStones', 'a', 'aurora')).toBeUndefined();
    expect([...packets.ledgerKeys(place('aurora', 'auroraStones'), consortium.contractKeys.names.datasetTag('auroraStones', ''), new Uint8Array(0))]).toHaveLength(1);
    expect(missing).toEqual(['a committed packet is missing here']);
  });

  it('drops the packets of entries that ended with it', async () => {
    const { content, packets: all } = endorsed();
    await keep(content, all);
    const ledgerKey = consortium.contractKeys.names.ledgerKey('auroraStones', 'a');
    await apply(content);
    await apply(undefined, ValidationCode.VALID, [{ ...place('aurora', 'auroraStones'), ledgerKey }]);
    expect(stored('auroraStones', 'a', 'aurora')).toBeUndefined();
    expect([...packets.ledgerKeys(place('aurora', 'auroraStones'), consortium.contractKeys.names.datasetTag('auroraStones', ''), new Uint8Array(0))]).toEqual([]);
  });

  it('passes over what is no endorsed transaction', async () => {
    await apply(undefined);
    expect(pending.usage.count).toBe(0);
  });

  it('forgets what ended with it, and keeps what the next block may use', async () => {
    const [ended, usable] = [endorsed(), endorsed()];
    const short = openPendingStore(store, { maxCount: 10, maxBytes: 10_000_000, lifeBlocks: 1n });
    await short.keep(ended.content.targetDigest, ended.packets, () => 4n);
    await short.keep(usable.content.targetDigest, usable.packets, () => 5n);
    await apply(undefined);
    expect([pending.packets(ended.content.targetDigest).size, pending.packets(usable.content.targetDigest).size]).toEqual([0, 2]);
  });
});
