import { FabricEndorsementSchema, FabricEventsSchema, LIMITS, encodeMessage, parseMessage, requireAtMost, requireLength, type Core, type FabricEndorsement } from '@selvedge/protocol';
import { sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';

/** Response payload of the endorsement chaincode: the same bytes at every endorser. */
export function encodeFabricEndorsement(endorsement: { readonly cores: readonly Uint8Array[]; readonly itemMask: Uint8Array; readonly endorsementPayload: Uint8Array }): Uint8Array {
  const { cores, itemMask, endorsementPayload } = endorsement;
  return encodeMessage(FabricEndorsementSchema, { cores: [...cores], itemMask, endorsementPayload });
}

/** Parses such a payload; cores and endorsement payload are not looked into. Throws MALFORMED_MESSAGE, MESSAGE_TOO_LARGE or LIMIT_EXCEEDED. */
export function parseFabricEndorsement(bytes: Uint8Array): FabricEndorsement {
  const endorsement = parseMessage(FabricEndorsementSchema, bytes, LIMITS.maxMessageBytes);
  if (endorsement.cores.length === 0) throw new SelvedgeError('MALFORMED_MESSAGE', 'endorsement without a core');
  if (endorsement.endorsementPayload.length === 0) throw new SelvedgeError('MALFORMED_MESSAGE', 'endorsement without a payload');
  return endorsement;
}

/** Sealed events of one item. */
export interface ItemEvents {
  /** Selvedge's, 32 bytes. */
  readonly txId: Uint8Array;
  readonly sealedEvents: readonly Uint8Array[];
}

/** Which item each sealed event is of, by the hash in its core; items without events are left out. */
export function eventsOfItems(cores: readonly Core[], sealedEvents: readonly Uint8Array[]): ItemEvents[] {
  const events = new Map(sealedEvents.map((event) => [toHex(sha256(event)), event]));
  return cores.flatMap(({ txId, sections }) => {
    const own = sections.flatMap(({ sealedEventHash }) => events.get(toHex(sealedEventHash)) ?? []);
    return own.length === 0 ? [] : [{ txId, sealedEvents: own }];
  });
}

/** Payload of the one chaincode event. */
export function encodeFabricEvents(items: readonly ItemEvents[]): Uint8Array {
  return encodeMessage(FabricEventsSchema, { items: items.map(({ txId, sealedEvents }) => ({ txId, sealedEvents: [...sealedEvents] })) });
}

/** Parses such a payload; the sealed events are not looked into. Throws MALFORMED_MESSAGE, MESSAGE_TOO_LARGE or LIMIT_EXCEEDED. */
export function parseFabricEvents(bytes: Uint8Array): readonly ItemEvents[] {
  const { items } = parseMessage(FabricEventsSchema, bytes, LIMITS.maxMessageBytes);
  requireAtMost('items of an event', items.length, LIMITS.maxBatchItems);
  for (const { txId, sealedEvents } of items) {
    requireLength('events tx_id', txId, 32);
    requireAtMost('sealed events', sealedEvents.length, LIMITS.maxSections);
  }
  return items;
}
