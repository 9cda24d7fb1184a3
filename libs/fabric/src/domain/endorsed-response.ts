import {
  compareText, EndorsementPayloadSchema, keptItems, LIMITS, parseCores, parseMessage, requireAtMost, requireLength, requireStrictlyAscending, type Core, type EndorsementPayload,
} from '@selvedge/protocol';
import { parseFabricEndorsement } from '../endorsement-response.js';

/** What an endorsement chaincode answered, parsed to the end. Only a validation code and the write set make it believable. */
export interface EndorsedResponse {
  /** The kept items, in order. */
  readonly cores: readonly Core[];
  /** As they came, in the same order. */
  readonly coreBytes: readonly Uint8Array[];
  readonly payload: EndorsementPayload;
}

/** Parses FabricEndorsement bytes. Throws MESSAGE_TOO_LARGE, MALFORMED_MESSAGE, LIMIT_EXCEEDED or UNSUPPORTED_VERSION. */
export function parseEndorsedResponse(bytes: Uint8Array): EndorsedResponse {
  const { cores: coreBytes, itemMask, endorsementPayload } = parseFabricEndorsement(bytes);
  const cores = parseCores(coreBytes, itemMask);
  const payload = parseMessage(EndorsementPayloadSchema, endorsementPayload, LIMITS.maxMessageBytes);
  requireLength('endorsement target_digest', payload.targetDigest, 32);
  requireAtMost('fact_reads', payload.factReads.length, LIMITS.maxSectionEntries);
  requireStrictlyAscending('fact_reads', payload.factReads, (a, b) => compareText(a.key, b.key));
  return { cores, coreBytes: keptItems(coreBytes, itemMask), payload };
}
