import { equalBytes, sha256, suiteByName } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { encodeMessage, LIMITS, parseMessage, requireAtMost, SealedEventHeaderSchema, SealedEventSchema, type SealedEvent, type SealedEventHeader } from '@selvedge/protocol';
import type { KeyByEpoch, SealedObject } from './packet.js';
import { encodeContent, parseContent } from './padded-content.js';
import { deriveSyntheticKeys, openSynthetic, sealSynthetic } from './synthetic.js';

/** Everything in a sealed event's header but what sealEvent puts in itself. */
export type EventHeaderInit = Omit<SealedEventHeader, '$typeName' | '$unknown' | 'suite' | 'keyCommitment'>;

export interface OpenedEvent {
  readonly name: string;
  readonly payload: Uint8Array;
  readonly header: SealedEventHeader;
}

/** Seals an event's name and payload under the contract's event key, as packets are: deterministic, padded. Throws as sealPacket. */
export function sealEvent(input: {
  readonly suite: string;
  /** 32 bytes, of epoch header.keyEpoch. */
  readonly eventKey: Uint8Array;
  readonly header: EventHeaderInit;
  readonly name: string;
  readonly payload: Uint8Array;
}): SealedObject {
  const suite = suiteByName(input.suite).name;
  const fields = { ...input.header, suite };
  const keys = deriveSyntheticKeys('event', suite, input.eventKey, encodeMessage(SealedEventHeaderSchema, { ...fields, keyCommitment: new Uint8Array(0) }));
  const header = encodeMessage(SealedEventHeaderSchema, { ...fields, keyCommitment: keys.commitment });
  requireAtMost('event header', header.length, LIMITS.maxHeaderBytes);
  const box = sealSynthetic('event', suite, keys, header, encodeContent({ name: input.name, value: input.payload }));
  const bytes = encodeMessage(SealedEventSchema, { header, nonce: box.nonce, ciphertext: box.ciphertext });
  requireAtMost('sealed event', bytes.length, LIMITS.maxPacketBytes);
  return { bytes, hash: sha256(bytes) };
}

/** Opens a sealed event. Throws as openPacket: STATE_FORGED when it is of another channel, contract or transaction. */
export function openEvent(
  bytes: Uint8Array,
  context: { readonly eventKey: KeyByEpoch; readonly expected: { readonly channel: string; readonly contract: string; readonly txId: Uint8Array } },
): OpenedEvent {
  const event = parseSealedEvent(bytes);
  const header = parseMessage(SealedEventHeaderSchema, event.header, LIMITS.maxHeaderBytes);
  verifyPlace(header, context.expected);
  const eventKey = context.eventKey(header.keyEpoch);
  if (eventKey === undefined) throw new SelvedgeError('KEY_EPOCH_UNKNOWN', `no event key of epoch ${String(header.keyEpoch)}`);
  const keys = deriveSyntheticKeys('event', header.suite, eventKey, encodeMessage(SealedEventHeaderSchema, { ...header, keyCommitment: new Uint8Array(0) }));
  const { name, value } = parseContent(openSynthetic('event', header.suite, keys, { bytes: event.header, commitment: header.keyCommitment }, event));
  return { name, payload: value, header };
}

function parseSealedEvent(bytes: Uint8Array): SealedEvent {
  const event = parseMessage(SealedEventSchema, bytes, LIMITS.maxPacketBytes);
  if (!equalBytes(encodeMessage(SealedEventSchema, event), bytes)) throw new SelvedgeError('MALFORMED_MESSAGE', 'sealed event: not the canonical encoding');
  return event;
}

function verifyPlace(header: SealedEventHeader, expected: { readonly channel: string; readonly contract: string; readonly txId: Uint8Array }): void {
  const forged = (): SelvedgeError => new SelvedgeError('STATE_FORGED', 'the event belongs to another transaction');
  if (header.channel !== expected.channel) throw forged();
  if (header.contract !== expected.contract) throw forged();
  if (!equalBytes(header.txId, expected.txId)) throw forged();
}
