import { equalBytes, sha256, suiteByName } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { encodeMessage, LIMITS, PacketHeaderSchema, PacketSchema, parseMessage, parsePacket, requireAtMost, requireLength, type PacketHeader, type ServedPlaintext } from '@selvedge/protocol';
import { sealOwnerCopies, type OwnerCopyRecipient } from './owner-copy.js';
import { encodeContent, parseContent } from './padded-content.js';
import { deriveSyntheticKeys, openSynthetic, sealSynthetic, type SyntheticKeys } from './synthetic.js';

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
  /** Plaintext mode: owners that get a copy. Default: none. */
  readonly recipients?: readonly OwnerCopyRecipient[];
}): SealedObject {
  const suite = suiteByName(input.suite).name;
  const fields = { ...input.header, suite };
  checkLengths(fields);
  const keys = deriveSyntheticKeys('packet', suite, input.dataKey, encodeMessage(PacketHeaderSchema, { ...fields, keyCommitment: new Uint8Array(0) }));
  const header = encodeMessage(PacketHeaderSchema, { ...fields, keyCommitment: keys.commitment });
  requireAtMost('packet header', header.length, LIMITS.maxHeaderBytes);
  const content = encodeContent({ name: input.key, value: input.value });
  const box = { header, ...sealSynthetic('packet', suite, keys, header, content) };
  const ownerCopies = sealOwnerCopies({ suite, dataKey: input.dataKey, box, content }, input.recipients ?? []);
  return finish({ ...box, ownerCopies });
}

/**
 * The packet of a value that an owner keeps in plaintext, as it was sealed: equal to the committed one, by its hash, only when key, value,
 * header and copies are what they were. Throws MESSAGE_TOO_LARGE, MALFORMED_MESSAGE, LIMIT_EXCEEDED, UNKNOWN_SUITE; STATE_FORGED when it belongs
 * elsewhere or the header was not made with that key; KEY_EPOCH_UNKNOWN.
 */
export function resealPacket(plaintext: Pick<ServedPlaintext, 'key' | 'value' | 'header' | 'ownerCopies'>, context: { readonly dataKey: KeyByEpoch; readonly expected: ExpectedPacket }): SealedObject & { readonly header: PacketHeader } {
  const header = parseClearHeader(plaintext.header, context.expected);
  const keys = keysOf(header, context.dataKey);
  if (!equalBytes(keys.commitment, header.keyCommitment)) throw new SelvedgeError('STATE_FORGED', 'the header of a value is of no packet');
  const content = encodeContent({ name: plaintext.key, value: plaintext.value });
  const box = sealSynthetic('packet', header.suite, keys, plaintext.header, content);
  return { ...finish({ header: plaintext.header, ...box, ownerCopies: plaintext.ownerCopies }), header };
}

function finish(packet: MessageInitShape<typeof PacketSchema>): SealedObject {
  const bytes = encodeMessage(PacketSchema, packet);
  requireAtMost('packet', bytes.length, LIMITS.maxPacketBytes);
  return { bytes, hash: sha256(bytes) };
}

/**
 * Opens a packet that a business node sent. Throws MESSAGE_TOO_LARGE, MALFORMED_MESSAGE, UNKNOWN_SUITE; STATE_FORGED
 * when it belongs elsewhere; KEY_EPOCH_UNKNOWN; DECRYPT_FAILED.
 */
export function openPacket(bytes: Uint8Array, context: { readonly dataKey: KeyByEpoch; readonly expected: ExpectedPacket }): OpenedPacket {
  const packet = parsePacket(bytes);
  const header = parseClearHeader(packet.header, context.expected);
  const keys = keysOf(header, context.dataKey);
  const { name: key, value } = parseContent(openSynthetic('packet', header.suite, keys, { bytes: packet.header, commitment: header.keyCommitment }, packet));
  return { key, value, header };
}

/**
 * The clear header of a packet, or of a value that its owner keeps in plaintext, which is not opened: whoever believes it has the packet's hash from the ledger.
 * Throws MESSAGE_TOO_LARGE, MALFORMED_MESSAGE; STATE_FORGED when it belongs elsewhere.
 */
export function parsePacketHeader(served: Uint8Array | Pick<ServedPlaintext, 'header'>, expected: ExpectedPacket): PacketHeader {
  return parseClearHeader(served instanceof Uint8Array ? parsePacket(served).header : served.header, expected);
}

function keysOf(header: PacketHeader, keyByEpoch: KeyByEpoch): SyntheticKeys {
  const dataKey = keyByEpoch(header.keyEpoch);
  if (dataKey === undefined) throw new SelvedgeError('KEY_EPOCH_UNKNOWN', `no data key of epoch ${String(header.keyEpoch)}`);
  return deriveSyntheticKeys('packet', header.suite, dataKey, encodeMessage(PacketHeaderSchema, { ...header, keyCommitment: new Uint8Array(0) }));
}

function parseClearHeader(bytes: Uint8Array, expected: ExpectedPacket): PacketHeader {
  const header = parseMessage(PacketHeaderSchema, bytes, LIMITS.maxHeaderBytes);
  checkLengths(header);
  verifyPlace(header, expected);
  return header;
}

/** The epoch of the name key that a packet's ledger key and tag are derived under, 1 or above. */
export function nameEpochOf({ nameKeyEpoch }: Pick<PacketHeader, 'nameKeyEpoch'>): bigint {
  return nameKeyEpoch === 0n ? 1n : nameKeyEpoch;
}

/** A header's nameKeyEpoch: packets under the first names are as they were before names had epochs. */
export function nameEpochField(nameEpoch: bigint): bigint {
  return nameEpoch === 1n ? 0n : nameEpoch;
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
