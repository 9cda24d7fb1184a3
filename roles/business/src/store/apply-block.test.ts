import { sha256, toHex } from '@selvedge/crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openLedgerStore, readEndorsedTransaction, type AppliedBlock, type EndorsedContent, type LedgerStore } from '@selvedge/embedded-ledger';
import { createEndorsedTransaction, createTargetData, createTestConsortium, joinTargetData, type TestConsortium, type TestWrite } from '@selvedge/fixtures';
import { ValidationCode } from '@selvedge/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyBlock } from './apply-block.js';
import { openHistoryStore, type HistoryStore } from './history-store.js';
import { openPacketStore, type PacketStore } from './packet-store.js';
import { openPendingStore, type PendingStore } from './pending-store.js';
import { openPlaintextOutbox, type PlaintextOutbox } from './plaintext-outbox.js';

const NONE = { versions: [], guards: [], keyPolicies: [], history: [], facts: [] };
const WRITES = [{ dataset: 'auroraStones', key: 'a', value: '1' }, { dataset: 'borealisStones', key: 'b', value: '2' }];

let consortium: TestConsortium;
let directory: string;
let store: LedgerStore;
let packets: PacketStore;
let pending: PendingStore;
let missing: string[];
let history: HistoryStore;
let outbox: PlaintextOutbox;
let plaintext: string[];
beforeAll(async () => {
  consortium = await createTestConsortium();
});
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'selvedge-apply-'));
  store = openLedgerStore({ directory });
  packets = openPacketStore(store);
  pending = openPendingStore(store);
  history = openHistoryStore(store, { isKept: true });
  outbox = openPlaintextOutbox(store);
  missing = [];
  plaintext = [];
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

const endorsed = (writes: readonly TestWrite[] = WRITES): { content: EndorsedContent; packets: Uint8Array[] } => {
  const targetData = createTargetData({ consortium, nodes: [], writes });
  return { content: readEndorsedTransaction(createEndorsedTransaction({ consortium, targetData })), packets: targetData.attachments!.packets };
};
const apply = (content: EndorsedContent | undefined, code = ValidationCode.VALID, ended: AppliedBlock['ended'] = [], versions: AppliedBlock['versions'] = []): Promise<void> => {
  const block: AppliedBlock = { number: 4n, hash: new Uint8Array(32), transactions: [{ index: 0, code, txIds: content?.txIds ?? [], endorsed: content, updates: NONE, reason: undefined }], ended, versions };
  const log = { warn: () => undefined, error: (_fields: unknown, message: string) => missing.push(message) };
  return store.write(() => { applyBlock(block, { packets, pending, history, outbox, isPlaintext: ({ dataset }) => plaintext.includes(dataset), isOwn: (_contract, ownerSet) => ownerSet !== 'foreign', mspId: 'AuroraMSP', log }); });
};
const place = (ownerSet: string, dataset: string) => ({ contract: consortium.contract, ownerSet, dataset });
const stored = (dataset: string, key: string, ownerSet: string): Uint8Array | undefined => packets.packet(place(ownerSet, dataset), consortium.contractKeys.names.ledgerKey(dataset, key));
const keep = (content: EndorsedContent, some: readonly Uint8Array[]): Promise<bigint> => pending.keep(content.targetDigest, some, () => 4n);

describe('a block that is applied', () => {
  it('leaves the last packet of a key that several items of a batch write', async () => {
    const items = ['1', '2'].map((value) => createTargetData({ consortium, nodes: [], writes: [{ dataset: 'auroraStones', key: 'a', value }, { key: 'w', value }] }));
    const targetData = joinTargetData([], items);
    const content = readEndorsedTransaction(createEndorsedTransaction({ consortium, targetData }));
    await keep(content, targetData.attachments!.packets);
    await apply(content);
    const last = new Set(items[1]!.attachments!.packets.map((packet) => Buffer.from(packet).toString('hex')));
    expect([stored('auroraStones', 'a', 'aurora'), stored('', 'w', 'houses')].map((packet) => last.has(Buffer.from(packet!).toString('hex')))).toEqual([true, true]);
    expect(missing).toEqual([]);
    expect(pending.usage.count).toBe(0);
  });

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

  it('notes for the store of plaintext what valid transactions do to the datasets that are kept so, in order, and nothing else', async () => {
    plaintext = ['auroraStones', 'borealisStones'];
    const { content, packets: all } = endorsed([...WRITES, { key: 'w', value: '3' }]);
    await keep(content, all);
    await apply(content, ValidationCode.MVCC_READ_CONFLICT);
    expect(outbox.changes(4n)).toEqual([]);
    await keep(content, all);
    await apply(content);
    const removal = endorsed([{ dataset: 'auroraStones', key: 'a' }]).content;
    await apply(removal);
    const ledgerKey = consortium.contractKeys.names.ledgerKey('auroraStones', 'a');
    await apply(undefined, ValidationCode.VALID, [{ contract: consortium.contract, ownerSet: 'aurora', dataset: 'auroraStones', ledgerKey }, { contract: consortium.contract, ownerSet: 'foreign', dataset: 'borealisStones', ledgerKey }]);
    const noted = outbox.changes(4n).map(({ dataset, txId, packetHash, packet }) => [dataset, txId, packetHash && toHex(packetHash), packet && toHex(packet)]);
    expect(noted).toEqual([
      ['auroraStones', toHex(content.txIds[0]), toHex(sha256(all[0]!)), toHex(all[0]!)],
      ['auroraStones', toHex(removal.txIds[0]), undefined, undefined],
      ['auroraStones', '', undefined, undefined],
    ]);
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

  it('keeps every version of its own keys of world state, with its packet, and none of others', async () => {
    const writes = ['one', 'two'].map((value) => endorsed([{ key: 'k', value }]));
    const ledgerKey = consortium.contractKeys.names.ledgerKey('', 'k');
    const version = (n: number, packetHash: Uint8Array, ownerSet = 'houses') => ({ ...place(ownerSet, ''), ledgerKey, txId: new Uint8Array(32).fill(n), timestampSeconds: BigInt(n), timestampNanos: n, packetHash, previousHead: new Uint8Array(n === 1 ? 0 : 32).fill(n), count: BigInt(n) });
    for (const [i, { content, packets: all }] of writes.entries()) {
      await keep(content, all);
      await apply(content, ValidationCode.VALID, [], [version(i + 1, sha256(all[0]!)), version(i + 1, sha256(all[0]!), 'foreign')]);
    }
    await apply(endorsed([{ key: 'k' }]).content, ValidationCode.VALID, [], [version(3, new Uint8Array(0))]);
    const found = [1n, 2n, 3n, 4n].map((count) => history.version(place('houses', ''), ledgerKey, count));
    expect(found.map((each) => (typeof each === 'object' ? [each.timestampSeconds, Buffer.from(each.packet).equals(writes[Number(each.timestampSeconds) - 1]?.packets[0] ?? Buffer.alloc(0))] : each))).toEqual([[1n, true], [2n, true], [3n, true], undefined]);
    expect(history.version(place('foreign', ''), ledgerKey, 1n)).toBeUndefined();
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
