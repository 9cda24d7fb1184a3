import { equalBytes, sha256, suiteByName } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { encodeMessage, LIMITS, PacketHeaderSchema, PacketSchema, parseMessage, requireAtMost, requireLength, type Packet, type PacketHeader } from '@selvedge/protocol';
import { encodeContent, parseContent } from './padded-content.js';
import { deriveSyntheticKeys, openSynthetic, sealSynthetic } from './synthetic.js';

/** Everything in a packet's header but what sealPacket puts in itself. reEncrypted: default false; nameKeyEpoch: default 0, the first. */
export type PacketHeaderInit = Omit<PacketHeader, '$typeName' | '$unknown' | 'suite' | 'keyCommitment' | 'reEncrypted' | 'nameKeyEpoch'> & Partial<Pick<PacketHeader, 'reEncrypted' | 'nameKeyEpoch'>>;

/** A contract's 32-byte key of that epoch; undefined when this node does not hold it. */
export type KeyByEpoch = (epoch: bigint) => Uint8Array | undefined;

/** Where a packet must belong: a point read knows the ledger key, a set read the dataset tag, a read of the whole dataset neither. */
export interface ExpectedPacket {
  readonly channel: string;
  readonly contract: string;
  readonly dataset: string;
  readonly ledgerKey?: Uint8Array | undefined;
  readonly datasetTag?: Uint8Array | undefined;
}

/** Encoded packet or event, and its SHA-256. */
export interface SealedObject {
  readonly bytes: Uint8Array;
  readonly hash: Uint8Array;
}

export interface OpenedPacket {
  readonly key: string;
  readonly value: Uint8Array;
  readonly header: PacketHeader;
}

/**
 * Encrypts one written value; deterministic in all inputs. The hash is the ledger's version of the key.
 * Throws UNKNOWN_SUITE, LIMIT_EXCEEDED above LIMITS.maxPacketBytes, MALFORMED_MESSAGE for invalid Unicode in the key.
 */
export function sealPacket(input: {
  readonly suite: string;
  /** 32 bytes, of epoch header.keyEpoch. */
  readonly dataKey: Uint8Array;
  readonly header: PacketHeaderInit;
  readonly key: string;
  readonly value: Uint8Array;
}): SealedObject {
  const suite = suiteByName(input.suite).name;
  const fields = { ...input.header, suite };
  checkLengths(fields);
  const keys = deriveSyntheticKeys('packet', suite, input.dataKey, encodeMessage(PacketHeaderSchema, { ...fields, keyCommitment: new Uint8Array(0) }));
  const header = encodeMessage(PacketHeaderSchema, { ...fields, keyCommitment: keys.commitment });
  requireAtMost('packet header', header.length, LIMITS.maxHeaderBytes);
  const box = sealSynthetic('packet', suite, keys, header, encodeContent({ name: input.key, value: input.value }));
  const bytes = encodeMessage(PacketSchema, { header, nonce: box.nonce, ciphertext: box.ciphertext });
  requireAtMost('packet', bytes.length, LIMITS.maxPacketBytes);
  return { bytes, hash: sha256(bytes) };
}

/**
 * Opens a packet that a business node sent. Throws MESSAGE_TOO_LARGE, MALFORMED_MESSAGE, UNKNOWN_SUITE; STATE_FORGED
 * when it belongs elsewhere; KEY_EPOCH_UNKNOWN; DECRYPT_FAILED.
 */
export function openPacket(bytes: Uint8Array, context: { readonly dataKey: KeyByEpoch; readonly expected: ExpectedPacket }): OpenedPacket {
  const packet = parsePacket(bytes);
  const header = parseHeader(packet, context.expected);
  const dataKey = context.dataKey(header.keyEpoch);
  if (dataKey === undefined) throw new SelvedgeError('KEY_EPOCH_UNKNOWN', `no data key of epoch ${String(header.keyEpoch)}`);
  const keys = deriveSyntheticKeys('packet', header.suite, dataKey, encodeMessage(PacketHeaderSchema, { ...header, keyCommitment: new Uint8Array(0) }));
  const { name: key, value } = parseContent(openSynthetic('packet', header.suite, keys, { bytes: packet.header, commitment: header.keyCommitment }, packet));
  return { key, value, header };
}

/**
 * The clear header of a packet, which is not opened: whoever believes it has the packet's hash from the ledger.
 * Throws MESSAGE_TOO_LARGE, MALFORMED_MESSAGE; STATE_FORGED when it belongs elsewhere.
 */
export function parsePacketHeader(bytes: Uint8Array, expected: ExpectedPacket): PacketHeader {
  return parseHeader(parsePacket(bytes), expected);
}

/** The epoch of the name key that a packet's ledger key and tag are derived under, 1 or above. */
export function nameEpochOf({ nameKeyEpoch }: Pick<PacketHeader, 'nameKeyEpoch'>): bigint {
  return nameKeyEpoch === 0n ? 1n : nameKeyEpoch;
}

/** A header's nameKeyEpoch: packets under the first names are as they were before names had epochs. */
export function nameEpochField(nameEpoch: bigint): bigint {
  return nameEpoch === 1n ? 0n : nameEpoch;
}

function parseHeader(packet: Packet, expected: ExpectedPacket): PacketHeader {
  const header = parseMessage(PacketHeaderSchema, packet.header, LIMITS.maxHeaderBytes);
  checkLengths(header);
  verifyPlace(header, expected);
  return header;
}

function parsePacket(bytes: Uint8Array): Packet {
  const packet = parseMessage(PacketSchema, bytes, LIMITS.maxPacketBytes);
  // One encoding per packet: a second one would be another version of the same value.
  if (!equalBytes(encodeMessage(PacketSchema, packet), bytes)) throw new SelvedgeError('MALFORMED_MESSAGE', 'packet: not the canonical encoding');
  return packet;
}

function checkLengths(header: Pick<PacketHeader, 'ledgerKey' | 'datasetTag' | 'txId' | 'readSetDigest'>): void {
  requireLength('packet ledger_key', header.ledgerKey, 32);
  requireLength('packet dataset_tag', header.datasetTag, 32);
  requireLength('packet tx_id', header.txId, 32);
  requireLength('packet read_set_digest', header.readSetDigest, 32);
}

/** A genuine packet in the wrong place is forged state. */
function verifyPlace(header: PacketHeader, expected: ExpectedPacket): void {
  const forged = (): SelvedgeError => new SelvedgeError('STATE_FORGED', 'the packet belongs to another place');
  if (header.channel !== expected.channel) throw forged();
  if (header.contract !== expected.contract) throw forged();
  if (header.dataset !== expected.dataset) throw forged();
  if (expected.ledgerKey !== undefined && !equalBytes(header.ledgerKey, expected.ledgerKey)) throw forged();
  if (expected.datasetTag !== undefined && !equalBytes(header.datasetTag, expected.datasetTag)) throw forged();
}
