import { equalBytes, toHex } from '@selvedge/crypto';
import type { LedgerLog } from '@selvedge/embedded-ledger';
import { collectionOf, ownerSetOf, type EntryUpdate, type PrivateValue } from '@selvedge/fabric';
import type { FabricAppliedBlock, FabricAppliedTransaction } from '@selvedge/fabric-network/follower';
import { identifyPacket, type PacketIdentity } from '../domain/identify-packet.js';
import type { DatasetPlace } from '../ports.js';
import type { Gap, GapStore } from './gap-store.js';
import type { HistoryStore } from './history-store.js';
import type { PacketStore } from './packet-store.js';
import type { PlaintextOutbox } from './plaintext-outbox.js';

/** Fabric keeps no history of private data. */
const WORLD_STATE = '';

/** What keeps packets when a block is applied. */
export interface PacketKeeper {
  readonly packets: PacketStore;
  readonly gaps: GapStore;
  readonly history: HistoryStore;
  readonly outbox: PlaintextOutbox;
  /** Whether a place is that of a dataset which its owners keep in plaintext, in the owner set that the policy gives it. */
  readonly isPlaintext: (place: DatasetPlace) => boolean;
  /** Whether this node's organisation owns a contract's collection. */
  readonly isOwn: (contract: string, collection: string) => boolean;
  readonly log?: LedgerLog | undefined;
}

/**
 * Stores the packets of a block's valid transactions, drops what they remove, and notes what the peer has not got yet.
 * Runs inside the block's write transaction, so packets and state are of one height always. Returns the transactions
 * whose missing packets are of no use any more, since their entries were written anew or have ended.
 */
export function applyFabricBlock(block: FabricAppliedBlock, keeper: PacketKeeper): Uint8Array[] {
  const superseded: Uint8Array[] = [];
  let missing = 0;
  for (const transaction of block.transactions) {
    for (const entry of transaction.entries) {
      if (!keeper.isOwn(entry.namespace, entry.collection)) continue;
      superseded.push(...forgetGap(placeOf(entry), keeper));
      missing += applyEntry(entry, transaction, block.number, keeper);
    }
  }
  for (const version of block.versions) if (keeper.isOwn(version.contract, collectionOf(version.ownerSet))) keeper.history.add(version);
  for (const { namespace: contract, collection, keyHash, entry } of block.ended) {
    if (!keeper.isOwn(contract, collection)) continue;
    superseded.push(...forgetGap({ contract, collection, keyHash }, keeper));
    if (entry === undefined) continue;
    keeper.packets.remove(datasetPlace(contract, collection, entry.dataset), entry.ledgerKey);
    noteChange(block.number, { place: datasetPlace(contract, collection, entry.dataset), ledgerKey: entry.ledgerKey }, '', keeper);
  }
  if (missing > 0) keeper.log?.warn({ block: String(block.number), missing }, 'packets of this block have not reached the peer yet; it is asked again');
  return superseded;
}

/** The transactions whose missing packet is of no use any more. */
function forgetGap(place: Pick<Gap, 'contract' | 'collection' | 'keyHash'>, { gaps, outbox }: PacketKeeper): readonly Uint8Array[] {
  const gap = gaps.settle(place);
  if (gap !== undefined) outbox.drop(gap.blockNumber, gap.valueHash);
  return gap?.txIds ?? [];
}

interface ChangedEntry {
  readonly place: DatasetPlace;
  readonly ledgerKey: Uint8Array;
  readonly packetHash?: Uint8Array;
  readonly packet?: Uint8Array;
}

/** Whoever may write to one collection could name a dataset of another in a packet's header or in a response: there it changes nothing. */
function noteChange(blockNumber: bigint, { place, ledgerKey, packetHash, packet }: ChangedEntry, txId: string, { outbox, isPlaintext }: Pick<PacketKeeper, 'outbox' | 'isPlaintext'>): void {
  const { contract, dataset } = place;
  if (isPlaintext(place)) outbox.note(blockNumber, { contract, dataset, ledgerKey, txId, packetHash, packet });
}

/** How many packets are missing: one or none. */
function applyEntry(update: EntryUpdate, { index, txIds, privateValues }: FabricAppliedTransaction, blockNumber: bigint, keeper: PacketKeeper): number {
  const { packets, gaps, history, log } = keeper;
  const { namespace: contract, collection, keyHash, valueHash, write, isBeside } = update;
  if (isBeside) return 0;
  if (valueHash === undefined) {
    if (write === undefined) return 0;
    const place = datasetPlace(contract, collection, write.dataset);
    packets.remove(place, write.ledgerKey);
    noteChange(blockNumber, { place, ledgerKey: write.ledgerKey }, txIds[0] === undefined ? '' : toHex(txIds[0]), keeper);
    return 0;
  }
  const gap: Gap = { contract, collection, keyHash, blockNumber, index, valueHash, txIds, entry: write && { dataset: write.dataset, datasetTag: write.datasetTag, ledgerKey: write.ledgerKey } };
  const value = findValue(gap, privateValues);
  if (value !== undefined) {
    const identity = keepPacket(gap, value, { packets, history, log });
    if (identity !== undefined) noteChange(blockNumber, { place: datasetPlace(contract, collection, identity.dataset), ledgerKey: identity.ledgerKey, packetHash: valueHash, packet: value }, '', keeper);
    return 0;
  }
  // Listed without its packet, so that whoever asks for it, or for its set, is told.
  if (write !== undefined) {
    const place = datasetPlace(contract, collection, write.dataset);
    packets.put({ place, ledgerKey: write.ledgerKey, datasetTag: write.datasetTag, packet: undefined });
    noteChange(blockNumber, { place, ledgerKey: write.ledgerKey, packetHash: valueHash }, '', keeper);
  }
  gaps.add(gap);
  return 1;
}

/** The value that a gap lacks, among what a peer delivered: it must be under the same key and of the hash in the block. */
export function findValue({ contract, collection, keyHash, valueHash }: Gap, values: readonly PrivateValue[]): Uint8Array | undefined {
  return values.find(
    (value) => value.namespace === contract && value.collection === collection && equalBytes(value.keyHash, keyHash) && equalBytes(value.valueHash, valueHash),
  )?.value;
}

/** Puts a packet where the response says, or its own header where no response does; tells where. undefined: it is no packet. */
export function keepPacket({ contract, collection, keyHash, valueHash, entry }: Gap, value: Uint8Array, { packets, history, log }: Pick<PacketKeeper, 'packets' | 'history' | 'log'>): PacketIdentity | undefined {
  const identity: PacketIdentity | undefined = entry ?? identifyPacket(value, contract, keyHash);
  if (identity === undefined) {
    log?.error({ code: 'WRITE_SET_MISMATCH', contract, collection, keyHash: toHex(keyHash) }, 'a value in an owner set’s collection is no packet of its key; it is left out');
    return undefined;
  }
  packets.put({ place: datasetPlace(contract, collection, identity.dataset), ledgerKey: identity.ledgerKey, datasetTag: identity.datasetTag, packet: value });
  if (identity.dataset === WORLD_STATE) history.keepPacket(valueHash, value);
  return identity;
}

function placeOf({ namespace, collection, keyHash }: EntryUpdate): Pick<Gap, 'contract' | 'collection' | 'keyHash'> {
  return { contract: namespace, collection, keyHash };
}

function datasetPlace(contract: string, collection: string, dataset: string): DatasetPlace {
  return { contract, ownerSet: ownerSetOf(collection) ?? '', dataset };
}
