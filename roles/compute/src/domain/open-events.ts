import { SelvedgeError } from '@selvedge/errors';
import { encodeMessage, LIMITS, OpenedEventsSchema, parseMessage, requireAtMost, requireLength, SealedEventOfSchema } from '@selvedge/protocol';
import { openEvent } from '@selvedge/sealed-objects';
import type { AuthorisedRequest } from './authorise.js';

/** Room for the answer's own encoding, below LIMITS.maxMessageBytes. */
const MAX_OPENED_BYTES = LIMITS.maxMessageBytes - 1024 * 1024;

/**
 * Opens events of a contract for an organisation that its manifest entitles (DESIGN 6): OpenedEvents bytes. Whether an event
 * is on the ledger is for the asker's own peer or business node to say; what is opened here was sealed by a TEE for that
 * transaction. Throws EVENT_ACCESS_DENIED, MALFORMED_MESSAGE, MESSAGE_TOO_LARGE, LIMIT_EXCEEDED, and as openEvent:
 * STATE_FORGED for another channel, contract or transaction, KEY_EPOCH_UNKNOWN, DECRYPT_FAILED.
 */
export function openEvents({ body, policy, keys, creator }: AuthorisedRequest): Uint8Array {
  if (!policy.eventReaders.includes(creator.mspId)) throw new SelvedgeError('EVENT_ACCESS_DENIED', `${creator.mspId} may not open events of ${body.contract}`);
  let bytes = 0;
  const events = body.args.map((argument) => {
    const { txId, sealedEvent } = parseMessage(SealedEventOfSchema, argument, LIMITS.maxRequestBytes);
    requireLength('event tx_id', txId, 32);
    const { name, payload } = openEvent(sealedEvent, { eventKey: (epoch) => keys.epoch(epoch)?.eventKey, expected: { channel: body.channel, contract: body.contract, txId } });
    bytes += payload.length;
    requireAtMost('opened events', bytes, MAX_OPENED_BYTES);
    return { name, payload };
  });
  return encodeMessage(OpenedEventsSchema, { events });
}
