import { equalBytes, sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { LIMITS, parseMessage, SealedEventHeaderSchema, SealedEventSchema, type ContractSection, type Core, type SealedEventHeader } from '@selvedge/protocol';

/**
 * The sealed events are exactly those whose hashes the sections hold, and their headers say what their core says.
 * Throws PACKET_MISMATCH, TARGET_DATA_INCONSISTENT or MALFORMED_MESSAGE.
 */
export function verifySealedEvents(cores: readonly Core[], sealedEvents: readonly Uint8Array[]): void {
  const events = new Map(sealedEvents.map((event) => [toHex(sha256(event)), event]));
  for (const core of cores) {
    verifyEventIsInvoked(core);
    verifyEventDigest(core, eventSections(core));
  }
  verifyEventsMatch(cores.flatMap(eventSections), events, sealedEvents.length);
  for (const core of cores) {
    for (const section of eventSections(core)) {
      const event = events.get(toHex(section.sealedEventHash));
      if (event !== undefined) verifyEventHeader(parseEventHeader(event), core, section);
    }
  }
}

function eventSections({ sections }: Core): ContractSection[] {
  return sections.filter((section) => section.sealedEventHash.length > 0);
}

/** A transaction's event is the invoked contract's, as on Fabric: a called contract's would be opened under other readers. */
function verifyEventIsInvoked({ sections: [, ...called] }: Core): void {
  const isEvented = called.some((section) => section.sealedEventHash.length > 0);
  if (isEvented) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', 'a called contract has an event');
}

function verifyEventDigest(core: Core, sections: readonly ContractSection[]): void {
  const hasDigest = core.eventDigest.length > 0;
  if (hasDigest !== sections.length > 0) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', 'event digest and sealed event do not go together');
}

function verifyEventsMatch(sections: readonly ContractSection[], events: ReadonlyMap<string, Uint8Array>, count: number): void {
  const isSame = count === sections.length && sections.every((section) => events.has(toHex(section.sealedEventHash)));
  if (!isSame) throw new SelvedgeError('PACKET_MISMATCH', 'the sealed events are not those that the core names');
}

function parseEventHeader(bytes: Uint8Array): SealedEventHeader {
  const event = parseMessage(SealedEventSchema, bytes, LIMITS.maxPacketBytes);
  return parseMessage(SealedEventHeaderSchema, event.header, LIMITS.maxHeaderBytes);
}

function verifyEventHeader(header: SealedEventHeader, core: Core, section: ContractSection): void {
  requireAgreement('suite', header.suite === core.suite);
  requireAgreement('key epoch', header.keyEpoch === section.keyEpoch);
  requireAgreement('channel', header.channel === core.channel);
  requireAgreement('contract', header.contract === section.contract);
  requireAgreement('transaction id', equalBytes(header.txId, core.txId));
}

function requireAgreement(field: string, agrees: boolean): void {
  if (!agrees) throw new SelvedgeError('TARGET_DATA_INCONSISTENT', `a sealed event’s ${field} is not the core’s`);
}
