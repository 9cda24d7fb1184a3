import { toHex } from '@selvedge/crypto';
import type { AppliedBlock, AppliedTransaction, LedgerLog } from '@selvedge/embedded-ledger';
import { ValidationCode } from '@selvedge/protocol';
import { ownWrites } from '../domain/verify-stage.js';
import type { DatasetPlace } from '../ports.js';
import type { HistoryStore } from './history-store.js';
import type { PacketStore } from './packet-store.js';
import type { PendingStore } from './pending-store.js';
import type { PlaintextOutbox } from './plaintext-outbox.js';

/** Fabric keeps no history of private data. */
const WORLD_STATE = '';

/** What moves packets when a block is applied. */
export interface PacketMover {
  readonly packets: PacketStore;
  readonly pending: PendingStore;
  readonly history: HistoryStore;
  readonly outbox: PlaintextOutbox;
  /** Whether a place is that of a dataset which its owners keep in plaintext, in the owner set that the policy gives it. */
  readonly isPlaintext: (place: DatasetPlace) => boolean;
  /** Whether this node's organisation owns a contract's owner set. */
  readonly isOwn: (contract: string, ownerSet: string) => boolean;
  /** This node's organisation. */
  readonly mspId: string;
  readonly log?: LedgerLog | undefined;
}

/**
 * Moves the packets of a block's valid transactions from pending to the state, drops those of the others and of entries
 * that ended, and forgets what was staged too long ago. Runs inside the block's write transaction, so packets and state are of one height always.
 */
export function applyBlock(block: AppliedBlock, mover: PacketMover): void {
  for (const transaction of block.transactions) applyTransaction(transaction, block.number, mover);
  for (const version of block.versions) if (mover.isOwn(version.contract, version.ownerSet)) mover.history.add(version);
  for (const { contract, ownerSet, dataset, ledgerKey } of block.ended) {
    const place = { contract, ownerSet, dataset };
    mover.packets.remove(place, ledgerKey);
    if (mover.isOwn(contract, ownerSet) && mover.isPlaintext(place)) mover.outbox.note(block.number, { contract, dataset, ledgerKey, txId: '', packetHash: undefined, packet: undefined });
  }
  // The next block's number is number + 1: receipts that end there count no more.
  mover.pending.forgetEnded(block.number + 1n);
}

function applyTransaction({ code, endorsed }: AppliedTransaction, blockNumber: bigint, { packets, pending, history, outbox, isPlaintext, mspId, log }: PacketMover): void {
  if (endorsed === undefined) return;
  if (code === ValidationCode.VALID) {
    const staged = pending.packets(endorsed.targetDigest);
    for (const { contract, txId, write } of ownWrites(endorsed, mspId)) {
      const place = { contract, ownerSet: write.ownerSet, dataset: write.dataset };
      if (write.effect.case === 'keep') continue;
      const note = (packetHash?: Uint8Array, packet?: Uint8Array): void => {
        if (isPlaintext(place)) outbox.note(blockNumber, { contract, dataset: write.dataset, ledgerKey: write.ledgerKey, txId: toHex(txId), packetHash, packet });
      };
      if (write.effect.case !== 'packetHash') {
        packets.remove(place, write.ledgerKey);
        note();
        continue;
      }
      const packet = staged.get(toHex(write.effect.value));
      if (packet === undefined) log?.error({ txId: endorsed.txIds.map(toHex).join(), ledgerKey: toHex(write.ledgerKey) }, 'a committed packet is missing here');
      if (packet !== undefined && write.dataset === WORLD_STATE) history.keepPacket(write.effect.value, packet);
      packets.put({ place, ledgerKey: write.ledgerKey, datasetTag: write.datasetTag, packet });
      note(write.effect.value, packet);
    }
  }
  // Ordered once, a transaction id is used up, whatever the verdict.
  pending.forget(endorsed.targetDigest);
}
