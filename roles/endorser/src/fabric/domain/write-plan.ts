import { sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { MARKER_VALUE } from '@selvedge/fabric';
import type { ContractSection, WriteEntry } from '@selvedge/protocol';
import type { ParsedTargetData } from '../../domain/check-shape.js';
import { dataEntry, entryId, guardEntry, markerEntry, type PrivateEntry } from './private-entries.js';

/** One change to a private data collection. */
export type PlannedWrite =
  | (PrivateEntry & { readonly kind: 'put'; readonly value: Uint8Array })
  | (PrivateEntry & { readonly kind: 'delete' | 'purge' });

/**
 * What an endorsement writes, out of verified target data: the section's packets and deletes, its guards, and always
 * the marker. Equal target data gives the same writes in the same order. Throws TARGET_DATA_INCONSISTENT when two
 * writes fall on one entry.
 */
export function planWrites({ core, attachments }: ParsedTargetData, section: ContractSection): PlannedWrite[] {
  const packets = new Map(attachments.packets.map((packet) => [toHex(sha256(packet)), packet]));
  const plan: PlannedWrite[] = [
    ...section.writes.map((write) => planWrite(write, packets)),
    ...section.guardsWritten.map(({ ownerSet, guardKey }) => ({ kind: 'put', ...guardEntry(ownerSet, guardKey), value: core.txId }) as const),
    { kind: 'put', ...markerEntry(core.txId), value: MARKER_VALUE },
  ];
  // Datasets share their owner set's collection: the second write to an entry would silently replace the first.
  if (new Set(plan.map(entryId)).size !== plan.length) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', 'two writes fall on one ledger key');
  return plan;
}

function planWrite({ ownerSet, ledgerKey, effect }: WriteEntry, packets: ReadonlyMap<string, Uint8Array>): PlannedWrite {
  const entry = dataEntry(ownerSet, ledgerKey);
  switch (effect.case) {
    case 'packetHash': {
      const value = packets.get(toHex(effect.value));
      if (value === undefined) throw new SelvedgeError('PACKET_MISMATCH', 'the packets are not those of the write set');
      return { kind: 'put', ...entry, value };
    }
    case 'delete':
      return { kind: 'delete', ...entry };
    case 'purge':
      return { kind: 'purge', ...entry };
    default:
      throw new SelvedgeError('CHAINCODE_UNSUPPORTED', 'key-level endorsement policies');
  }
}
