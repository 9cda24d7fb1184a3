import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sha256 } from '@selvedge/crypto';
import { openLedgerStore, type LedgerStore } from '@selvedge/embedded-ledger';
import { collectionOf, entryKeyHash } from '@selvedge/fabric';
import type { FabricAppliedBlock } from '@selvedge/fabric-network/follower';
import { sealPacket } from '@selvedge/sealed-objects';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOwnerKeyPairs } from '../plaintext/owner-key-pairs.js';
import { applyFabricBlock } from './apply-fabric-block.js';
import { openGapStore } from './gap-store.js';
import { openHistoryStore } from './history-store.js';
import { openPacketStore } from './packet-store.js';
import { openPlaintextOutbox, type PlaintextOutbox } from './plaintext-outbox.js';

const SUITE = 'P256-AES256GCM-SHA256';
const ledgerKey = sha256(Buffer.from('K'));
const keyHash = entryKeyHash(ledgerKey);
const empty = new Uint8Array(32);
// Whoever knows the owner's public key alone makes this: no key of the contract.
const packet = sealPacket({
  suite: SUITE,
  dataKey: new Uint8Array(32).fill(66),
  header: { keyEpoch: 1n, channel: 'main', contract: 'c', dataset: 'strict', datasetTag: empty, ledgerKey, txId: empty, readSetDigest: empty },
  key: 'balance',
  value: Buffer.from('1000000'),
  recipients: [{ mspId: 'AuroraMSP', publicKey: createOwnerKeyPairs(empty).keyPair(SUITE).publicKey }],
});
type Entry = FabricAppliedBlock['transactions'][number]['entries'][number];

let directory: string;
let store: LedgerStore;
let outbox: PlaintextOutbox;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'selvedge-fabric-block-'));
  store = openLedgerStore({ directory });
  outbox = openPlaintextOutbox(store);
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

/** The dataset `strict` is in plaintext, in the owner set `strong`. */
async function apply(ownerSet: string, entry: Partial<Entry>, ended: FabricAppliedBlock['ended'] = []): Promise<number> {
  const collection = collectionOf(ownerSet);
  const place = { namespace: 'c', collection, keyHash };
  const entries = Object.keys(entry).length === 0 ? [] : [{ ...place, valueHash: undefined, write: undefined, isBeside: false, ...entry }];
  const privateValues = [{ ...place, valueHash: packet.hash, value: packet.bytes }];
  const block = { number: 7n, versions: [], ended, transactions: [{ index: 0, txIds: [], privateValues, entries }] } as unknown as FabricAppliedBlock;
  await store.write(() => {
    applyFabricBlock(block, {
      packets: openPacketStore(store),
      gaps: openGapStore(store),
      history: openHistoryStore(store, { isKept: true }),
      outbox,
      isPlaintext: ({ dataset, ownerSet: of }) => dataset === 'strict' && of === 'strong',
      isOwn: () => true,
    });
  });
  return outbox.changes(7n).length;
}

describe('what a block of a Fabric channel changes in the store of plaintext', () => {
  const write = { dataset: 'strict', datasetTag: empty, ledgerKey } as unknown as NonNullable<Entry['write']>;

  it.each([
    ['a packet that no response names', { valueHash: packet.hash }],
    ['a packet that a response names', { valueHash: packet.hash, write }],
    ['a packet that has not come', { valueHash: sha256(Buffer.from('later')), write }],
    ['a delete', { write }],
  ])('is of the owner set that the policy gives the dataset, and of no other: %s', async (_what, entry) => {
    expect(await apply('weak', entry)).toBe(0);
    expect(await apply('strong', entry)).toBe(1);
  });

  it('is of that owner set also where an entry ends', async () => {
    const ended = (ownerSet: string) => [{ namespace: 'c', collection: collectionOf(ownerSet), keyHash, entry: { dataset: 'strict', ledgerKey } }] as unknown as FabricAppliedBlock['ended'];
    expect(await apply('weak', {}, ended('weak'))).toBe(0);
    expect(await apply('strong', {}, ended('strong'))).toBe(1);
  });
});
