import { sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import {
  compareText,
  EndorsedTransactionSchema,
  EndorsementPayloadSchema,
  LIMITS,
  parseCores,
  parseMessage,
  requireAtMost,
  requireLength,
  requireStrictlyAscending,
  targetDigest,
  type Core,
  type EndorsedTransaction,
  type EndorsementPayload,
} from '@selvedge/protocol';

/** An endorsed transaction, parsed once. Nothing in it is believed yet. */
export interface EndorsedContent {
  readonly message: EndorsedTransaction;
  /** The kept items, in order. */
  readonly cores: readonly Core[];
  /** One of each kept item, 32 bytes each. */
  readonly txIds: readonly [Uint8Array, ...Uint8Array[]];
  /** protocol.targetDigest over the cores as they came, 32 bytes. */
  readonly targetDigest: Uint8Array;
  readonly payload: EndorsementPayload;
}

/** Parses EndorsedTransaction bytes. Throws MESSAGE_TOO_LARGE, MALFORMED_MESSAGE, LIMIT_EXCEEDED or UNSUPPORTED_VERSION. */
export function parseEndorsedTransaction(bytes: Uint8Array): EndorsedContent {
  return readEndorsedTransaction(parseMessage(EndorsedTransactionSchema, bytes, LIMITS.maxMessageBytes));
}

/** The same for a message that the transport has parsed already. */
export function readEndorsedTransaction(message: EndorsedTransaction): EndorsedContent {
  requireAtMost('endorsements', message.endorsements.length, LIMITS.maxIdentities);
  requireAtMost('receipts', message.receipts.length, LIMITS.maxIdentities);
  const cores = parseCores(message.cores, message.itemMask);
  requireTrueEffects(cores);
  requireCoveredEvents(cores, message.sealedEvents);
  const payload = parsePayload(message.endorsementPayload);
  const [first, ...others] = cores as [Core, ...Core[]];
  return { message, cores, txIds: [first.txId, ...others.map(({ txId }) => txId)], targetDigest: targetDigest(message.cores, message.itemMask), payload };
}

function parsePayload(bytes: Uint8Array): EndorsementPayload {
  const payload = parseMessage(EndorsementPayloadSchema, bytes, LIMITS.maxMessageBytes);
  requireLength('endorsement target_digest', payload.targetDigest, 32);
  requireAtMost('fact_reads', payload.factReads.length, LIMITS.maxSectionEntries);
  requireStrictlyAscending('fact_reads', payload.factReads, (a, b) => compareText(a.key, b.key));
  return payload;
}

/** `delete: false` and `purge: false` would have two meanings; they have none. */
function requireTrueEffects(cores: readonly Core[]): void {
  for (const { effect } of cores.flatMap((core) => core.sections.flatMap((section) => section.writes))) {
    if (effect.value === false) throw new SelvedgeError('MALFORMED_MESSAGE', `write: ${effect.case} is false`);
  }
}

/** Sealed events must be exactly those whose hashes the cores name: listeners take them from the block. */
function requireCoveredEvents(cores: readonly Core[], sealedEvents: readonly Uint8Array[]): void {
  const named = cores.flatMap((core) => core.sections.flatMap((section) => (section.sealedEventHash.length === 0 ? [] : [toHex(section.sealedEventHash)])));
  const carried = sealedEvents.map((event) => toHex(sha256(event)));
  if (named.sort().join() !== carried.sort().join()) throw new SelvedgeError('MALFORMED_MESSAGE', 'the sealed events are not those of the cores');
}
