export {
  openSealedRequest,
  parseRequestHeader,
  sealRequest,
  type EnvelopeKeyLookup,
  type OpenedRequest,
  type SealRequestInput,
  type SealedRequestParts,
} from './request.js';
export { createRecipientContexts, createSenderContext, type EnvelopePublicKey, type RecipientContexts, type SenderContext, type SenderContextInput } from './contexts.js';
export { openResponse, sealResponse, type ResponseContext, type SealedResponseParts } from './response.js';
export { blankCore, gatedDigestKey, gatedResponseDigest, openGatedResult, resultKey, sealGatedResult } from './gated.js';
export { eventDigest, requestDigest, responseDigest } from './digests.js';
export { createNameKeys, objectTypeOf, type NameKeys } from './name-keys.js';
export {
  openPacket,
  nameEpochField,
  nameEpochOf,
  parsePacketHeader,
  resealPacket,
  sealPacket,
  type ExpectedPacket,
  type KeyByEpoch,
  type OpenedPacket,
  type PacketHeaderInit,
  type SealedObject,
} from './packet.js';
export { openEvent, sealEvent, type EventHeaderInit, type OpenedEvent } from './event.js';
export { openOwnerCopy, type OpenedOwnerCopy, type OwnerCopyRecipient } from './owner-copy.js';
export { createReaderChannel, openReaderChannel, type ReaderChannel, type ReaderChannelScope, type SealedAnswerParts } from './reader-channel.js';
export { openPart, sealPart, type ExpectedPart, type OpenedPart, type PartHeaderInit } from './part.js';
export { padmeLength } from './padme.js';
export { openView, openViewAnswer, sealView, sealViewAnswer, type SealedAnswer, type ViewScope } from './view.js';
