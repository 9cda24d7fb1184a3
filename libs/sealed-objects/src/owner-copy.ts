import { equalBytes, lengthPrefixed, sha256, suiteByName, type KemKeyPair } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { compareText, encodeMessage, ownerKeyId, PacketHeaderSchema, PacketSchema, parseMessage, parsePacket, LIMITS, type OwnerCopy, type PacketHeader } from '@selvedge/protocol';
import { parseContent } from './padded-content.js';

/** An owner that keeps a dataset in plaintext, and the key that its copies are sealed to. */
export interface OwnerCopyRecipient {
  readonly mspId: string;
  /** HPKE public key of the packet's suite. */
  readonly publicKey: Uint8Array;
}

/** A packet without its copies. */
interface SealedBox {
  /** PacketHeader bytes. */
  readonly header: Uint8Array;
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
}

type OwnerCopyFields = Pick<OwnerCopy, 'mspId' | 'keyId' | 'enc' | 'ciphertext'>;

/** What an owner's copy holds, and the packet that it belongs to. */
export interface OpenedOwnerCopy {
  readonly key: string;
  readonly value: Uint8Array;
  readonly header: PacketHeader;
  /** PacketHeader bytes. */
  readonly headerBytes: Uint8Array;
}

/**
 * Seals a packet's content to each owner, sorted by MSP id. The ephemeral key is derived from the data key, the packet and the recipient's
 * key, so that replicas agree; the packet's hash fixes the content, so no derived key ever seals two.
 * @param packet.content as the packet's own plaintext is encoded
 * Throws PUBLIC_KEY_INVALID.
 */
export function sealOwnerCopies(
  { suite: name, dataKey, box, content }: { readonly suite: string; readonly dataKey: Uint8Array; readonly box: SealedBox; readonly content: Uint8Array },
  recipients: readonly OwnerCopyRecipient[],
): OwnerCopyFields[] {
  if (recipients.length === 0) return [];
  const suite = suiteByName(name);
  const hash = boxHash(box);
  return [...recipients]
    .sort((a, b) => compareText(a.mspId, b.mspId))
    .map(({ mspId, publicKey }) => {
      const seed = suite.deriveKey(dataKey, 'owner copy', [hash, publicKey]);
      return { mspId, keyId: ownerKeyId(name, publicKey), ...suite.hpkeSealDerived(seed, publicKey, copyInfo(mspId), hash, content) };
    });
}

/**
 * Opens an owner's copy of a committed packet, whose hash the caller has compared. Throws MALFORMED_MESSAGE or UNKNOWN_SUITE for what is no packet;
 * PLAINTEXT_COPY_INVALID when there is no copy for this owner and key, or it does not open.
 */
export function openOwnerCopy(bytes: Uint8Array, owner: { readonly mspId: string; readonly keyPairs: (suite: string) => readonly KemKeyPair[] }): OpenedOwnerCopy {
  const packet = parsePacket(bytes);
  const header = parseMessage(PacketHeaderSchema, packet.header, LIMITS.maxHeaderBytes);
  const copy = packet.ownerCopies.find(({ mspId }) => mspId === owner.mspId);
  const invalid = (what: string, cause?: unknown): SelvedgeError => new SelvedgeError('PLAINTEXT_COPY_INVALID', what, { cause });
  if (copy === undefined) throw invalid(`a packet has no copy for ${owner.mspId}`);
  const keyPair = owner.keyPairs(header.suite).find(({ publicKey }) => equalBytes(copy.keyId, ownerKeyId(header.suite, publicKey)));
  if (keyPair === undefined) throw invalid(`the copy for ${owner.mspId} is sealed to another key than this node’s`);
  try {
    const content = suiteByName(header.suite).hpkeOpen(keyPair, copy.enc, copyInfo(owner.mspId), boxHash(packet), copy.ciphertext);
    const { name: key, value } = parseContent(content);
    return { key, value, header, headerBytes: packet.header };
  } catch (cause) {
    throw invalid(`the copy for ${owner.mspId} does not open`, cause);
  }
}

function copyInfo(mspId: string): Uint8Array {
  return lengthPrefixed(['selvedge/v1/owner copy', mspId]);
}

function boxHash({ header, nonce, ciphertext }: SealedBox): Uint8Array {
  return sha256(encodeMessage(PacketSchema, { header, nonce, ciphertext }));
}
