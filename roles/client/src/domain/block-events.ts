import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { eventsOfItems } from '@selvedge/fabric';
import {
  BlockHeaderSchema, EndorsedTransactionSchema, LIMITS, parseCores, parseMessage, SealedEventHeaderSchema, SealedEventSchema, TransactionSchema, type Block, type Core,
} from '@selvedge/protocol';

/** Sealed events of one transaction, as they stand on the ledger. */
export interface LedgerEvents {
  readonly blockNumber: bigint;
  readonly txId: Uint8Array;
  readonly sealedEvents: readonly Uint8Array[];
}

/**
 * What a block of the embedded ledger holds of sealed events; which of its transactions are valid is not in it. Transactions that
 * do not parse are invalid to everyone. Throws MALFORMED_MESSAGE when the header does not parse.
 */
export function eventsOfBlock(block: Block): LedgerEvents[] {
  return transactionsOfBlock(block).flatMap(({ blockNumber, core: { txId }, sealedEvents }) => (sealedEvents.length === 0 ? [] : [{ blockNumber, txId, sealedEvents }]));
}

/** One item of what was endorsed, with its own sealed events. */
export interface BlockItem {
  readonly blockNumber: bigint;
  readonly core: Core;
  readonly sealedEvents: readonly Uint8Array[];
}

/** Every item that a block of the embedded ledger holds, of batches too, as eventsOfBlock. */
export function transactionsOfBlock(block: Block): BlockItem[] {
  const { number: blockNumber } = parseMessage(BlockHeaderSchema, block.header, LIMITS.maxHeaderBytes);
  return block.transactions.flatMap((bytes) => {
    try {
      const { kind } = parseMessage(TransactionSchema, bytes, LIMITS.maxMessageBytes);
      if (kind.case !== 'endorsed') return [];
      const { cores, itemMask, sealedEvents } = parseMessage(EndorsedTransactionSchema, kind.value, LIMITS.maxMessageBytes);
      return parseCores(cores, itemMask).map((core) => ({ blockNumber, core, sealedEvents: eventsOfItems([core], sealedEvents)[0]?.sealedEvents ?? [] }));
    } catch {
      return [];
    }
  });
}

/** Those of one contract: an event's header says whose it is. Throws MALFORMED_MESSAGE or MESSAGE_TOO_LARGE. */
export function eventsOfContract({ sealedEvents }: LedgerEvents, contract: string): Uint8Array[] {
  return sealedEvents.filter((event) => {
    const { header } = parseMessage(SealedEventSchema, event, LIMITS.maxPacketBytes);
    return parseMessage(SealedEventHeaderSchema, header, LIMITS.maxHeaderBytes).contract === contract;
  });
}

/** Throws TARGET_DATA_INCONSISTENT when a compute node opened more or fewer events than it was asked to. */
export function requireSameCount(txId: Uint8Array, asked: number, opened: number): void {
  if (asked !== opened) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', `${String(opened)} of ${String(asked)} events of transaction ${toHex(txId)} were opened`, { role: 'client' });
}
