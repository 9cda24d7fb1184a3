import { equalBytes } from '@selvedge/crypto';
import { isSelvedgeError } from '@selvedge/errors';
import { entryKeyHash } from '@selvedge/fabric';
import { LIMITS, PacketHeaderSchema, PacketSchema, parseMessage, requireLength, type PacketHeader } from '@selvedge/protocol';

/** Which entry a packet is of. */
export type PacketIdentity = Pick<PacketHeader, 'dataset' | 'datasetTag' | 'ledgerKey'>;

/**
 * Reads from a packet's own header which entry it is, where no response says so; undefined when the value is no packet
 * of this contract, or is not stored under its own ledger key. keyHash: SHA-256 of the private key, 32 bytes.
 */
export function identifyPacket(value: Uint8Array, contract: string, keyHash: Uint8Array): PacketIdentity | undefined {
  const header = parseHeader(value);
  if (header === undefined) return undefined;
  if (header.contract !== contract) return undefined;
  if (!equalBytes(entryKeyHash(header.ledgerKey), keyHash)) return undefined;
  return header;
}

function parseHeader(value: Uint8Array): PacketHeader | undefined {
  try {
    const { header: bytes } = parseMessage(PacketSchema, value, LIMITS.maxPacketBytes);
    const header = parseMessage(PacketHeaderSchema, bytes, LIMITS.maxMessageBytes);
    requireLength('ledger_key', header.ledgerKey, 32);
    requireLength('dataset_tag', header.datasetTag, 32);
    return header;
  } catch (error) {
    if (isSelvedgeError(error)) return undefined;
    throw error;
  }
}
