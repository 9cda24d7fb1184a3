import { equalBytes, sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import {
  LIMITS, PacketHeaderSchema, parseMessage, parsePacket, readSetDigest, requireLength, verifyPacketsMatch,
  type ContractSection, type Core, type PacketHeader, type WriteEntry,
} from '@selvedge/protocol';

/**
 * The packets are those of the write sets, and each header says what its core says.
 * Throws PACKET_MISMATCH, MALFORMED_MESSAGE or TARGET_DATA_INCONSISTENT.
 */
export function verifyPackets(cores: readonly Core[], packets: readonly Uint8Array[]): void {
  verifyPacketsMatch(cores, packets);
  const headers = new Map(packets.map((packet) => [toHex(sha256(packet)), parsePacketHeader(packet)]));
  for (const core of cores) verifyHeaders(core, headers);
}

function verifyHeaders(core: Core, headers: ReadonlyMap<string, PacketHeader>): void {
  for (const section of core.sections) {
    const reads = readSetDigest(section.reads);
    for (const write of section.writes) {
      if (write.effect.case !== 'packetHash') continue;
      const header = headers.get(toHex(write.effect.value));
      if (header !== undefined) verifyPacketHeader(header, { core, section, write, reads });
    }
  }
}

function parsePacketHeader(bytes: Uint8Array): PacketHeader {
  const packet = parsePacket(bytes);
  requireLength('packet nonce', packet.nonce, 12);
  const header = parseMessage(PacketHeaderSchema, packet.header, LIMITS.maxHeaderBytes);
  requireLength('packet key_commitment', header.keyCommitment, 32);
  return header;
}

interface Expected {
  readonly core: Core;
  readonly section: ContractSection;
  readonly write: WriteEntry;
  /** Digest of the section's read set. */
  readonly reads: Uint8Array;
}

function verifyPacketHeader(header: PacketHeader, { core, section, write, reads }: Expected): void {
  requireAgreement('suite', header.suite === core.suite);
  requireAgreement('key epoch', header.keyEpoch === section.keyEpoch);
  // While names are copied, a migration writes under the other ones.
  requireAgreement('name key epoch', header.nameKeyEpoch === nameEpochField(section.names));
  requireAgreement('channel', header.channel === core.channel);
  requireAgreement('contract', header.contract === section.contract);
  requireAgreement('dataset', header.dataset === write.dataset);
  requireAgreement('dataset tag', equalBytes(header.datasetTag, write.datasetTag));
  requireAgreement('ledger key', equalBytes(header.ledgerKey, write.ledgerKey));
  requireAgreement('transaction id', equalBytes(header.txId, core.txId));
  requireAgreement('read-set digest', equalBytes(header.readSetDigest, reads));
}

function requireAgreement(field: string, agrees: boolean): void {
  if (!agrees) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', `a packet’s ${field} is not the core’s`);
}

/** Of a packet that a section with these names writes; 0 stands for the first. */
function nameEpochField(names: ContractSection['names']): bigint {
  if (names === undefined) return 0n;
  const written = names.other !== 0n && !names.clearing ? names.other : names.current;
  return written === 1n ? 0n : written;
}
