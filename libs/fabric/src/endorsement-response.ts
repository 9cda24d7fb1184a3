import { FabricEndorsementSchema, FabricEventsSchema, LIMITS, encodeMessage, parseMessage, requireAtMost, requireLength, type FabricEndorsement, type FabricEvents } from '@selvedge/protocol';
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

/** Payload of the one chaincode event. @param txId Selvedge's, 32 bytes */
export function encodeFabricEvents(txId: Uint8Array, sealedEvents: readonly Uint8Array[]): Uint8Array {
  return encodeMessage(FabricEventsSchema, { txId, sealedEvents: [...sealedEvents] });
}

/** Parses such a payload; the sealed events are not looked into. Throws MALFORMED_MESSAGE, MESSAGE_TOO_LARGE or LIMIT_EXCEEDED. */
export function parseFabricEvents(bytes: Uint8Array): FabricEvents {
  const events = parseMessage(FabricEventsSchema, bytes, LIMITS.maxMessageBytes);
  requireLength('events tx_id', events.txId, 32);
  requireAtMost('sealed events', events.sealedEvents.length, LIMITS.maxSections);
  return events;
}
