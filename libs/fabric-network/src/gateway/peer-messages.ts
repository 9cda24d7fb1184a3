import { parseRefusalText, type OrganisationRefusal } from '@selvedge/fabric';
import { SelvedgeError, type RefusalCode } from '@selvedge/errors';

const MAX_TEXT = 400;
/** How the gateway service introduces what a chaincode answered itself. */
const CHAINCODE_RESPONSE = /^chaincode response \d+, /;

/** Texts of Fabric's peer and gateway, and what they mean to a caller. The first that fits counts. */
const KNOWN_TEXTS: readonly (readonly [RegExp, RefusalCode])[] = [
  [/ProposalResponsePayloads do not match/, 'ENDORSEMENTS_DISAGREE'],
  [/duplicate transaction found/, 'DUPLICATE_TXID'],
  [/failed to distribute private collection/, 'PACKETS_NOT_DISTRIBUTED'],
  [/has been successfully defined on channel|cannot retrieve package for chaincode|chaincode \S+ not found|No metadata was found for chaincode/, 'CONTRACT_UNKNOWN'],
  [/channel '?\S+ not found|policy manager for channel/, 'WRONG_CHANNEL'],
  [/timeout expired|context deadline exceeded|code = DeadlineExceeded/, 'TIMEOUT'],
  // The same id is being endorsed there still, for an earlier try of this client.
  [/txid: \S+ exists/, 'UNAVAILABLE'],
  [/exceeding concurrency limit/, 'OVERLOADED'],
  [/code = ResourceExhausted|larger than max/, 'MESSAGE_TOO_LARGE'],
  [/access denied|creator certificate is not valid|the creator.{0,40}invalid|certificate has expired/i, 'IDENTITY_UNTRUSTED'],
  [/chaincode stream terminated|could not launch chaincode|failed to execute transaction|failed to find any endorsing peers|code = Unavailable|code = Canceled/, 'UNAVAILABLE'],
];

/**
 * The refusal that an endorser's message stands for: our chaincode's own, or what is known of Fabric's texts;
 * FABRIC_REFUSED for the rest, with the text.
 */
export function refusalOfEndorser(mspId: string, message: string): OrganisationRefusal {
  const own = CHAINCODE_RESPONSE.test(message) ? parseRefusalText(message) : undefined;
  if (own !== undefined) return { mspId, refusal: own };
  return { mspId, refusal: new SelvedgeError(codeOfText(message) ?? 'FABRIC_REFUSED', clip(message), { role: 'endorser', details: { mspId } }) };
}

/** The code that a text of Fabric's own stands for, where it is known. */
export function codeOfText(text: string): RefusalCode | undefined {
  return KNOWN_TEXTS.find(([pattern]) => pattern.test(text))?.[1];
}

/** Fabric's texts go into ours, but not at any length, and without its dump of a creator's certificate. */
export function clip(text: string): string {
  const short = text.replace(/^rpc error: code = \w+ desc = /, '').replace(/\. Creator \[[0-9a-f]+\]/, '');
  return short.length > MAX_TEXT ? `${short.slice(0, MAX_TEXT)}…` : short;
}
