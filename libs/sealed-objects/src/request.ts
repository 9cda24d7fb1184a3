import { randomBytes } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { suiteByName, type KemKeyPair, type Suite } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import {
  Direction,
  encodeMessage,
  LIMITS,
  parseMessage,
  PROTOCOL_VERSION,
  RequestHeaderSchema,
  requireAtMost,
  requireLength,
  SealedRequestSchema,
  type RequestHeader,
  type SealedRequest,
} from '@selvedge/protocol';
import { createRecipientContexts, type RecipientContexts, type SenderContext } from './contexts.js';
import { KEY_BYTES } from './keys.js';
import { SINGLE_USE_NONCE } from './single-use.js';

export interface SealRequestInput {
  /** With the holders of the envelope key of the contract's suite. */
  readonly context: SenderContext;
  /** SHA-256(nonce || creator), 32 bytes. */
  readonly txId: Uint8Array;
  /** SignedRequest bytes. */
  readonly signedRequest: Uint8Array;
}

export interface SealedRequestParts {
  readonly sealed: SealedRequest;
  /** 32 fresh bytes; opens the responses. Feeds HKDF only. */
  readonly transactionKey: Uint8Array;
  /** RequestHeader bytes, which every response binds too. */
  readonly headerBytes: Uint8Array;
}

export interface OpenedRequest {
  readonly header: RequestHeader;
  readonly headerBytes: Uint8Array;
  readonly transactionKey: Uint8Array;
  /** SignedRequest bytes, authenticated by nothing but the transaction key: parse them as untrusted. */
  readonly signedRequest: Uint8Array;
}

/** Envelope key pair of that suite and epoch; undefined when this node does not hold it. */
export type EnvelopeKeyLookup = (suite: string, epoch: bigint) => KemKeyPair | undefined;

/** Keeps none. */
const NO_CONTEXTS = createRecipientContexts(0);

/** The request key encrypts one plaintext, since its transaction key is fresh. */
const requestKey = (suite: Suite, transactionKey: Uint8Array, headerBytes: Uint8Array): Uint8Array => suite.deriveKey(transactionKey, 'request key', [headerBytes]);

/**
 * Seals one request under a fresh transaction key (DESIGN 2, step 1). The same parts may go to several compute nodes.
 * Throws LIMIT_EXCEEDED when the request is too large to be opened.
 */
export function sealRequest({ context, txId, signedRequest }: SealRequestInput): SealedRequestParts {
  const suite = suiteByName(context.suite);
  requireLength('tx_id', txId, 32);
  const headerBytes = encodeMessage(RequestHeaderSchema, {
    version: PROTOCOL_VERSION,
    suite: suite.name,
    network: context.network,
    channel: context.channel,
    envelopeEpoch: context.envelopeEpoch,
    txId,
    direction: Direction.REQUEST,
  });
  requireAtMost('request header', headerBytes.length, LIMITS.maxHeaderBytes);
  const salt = new Uint8Array(randomBytes(KEY_BYTES));
  const transactionKey = context.transactionKey(headerBytes, salt);
  const ciphertext = suite.aeadSeal(requestKey(suite, transactionKey, headerBytes), SINGLE_USE_NONCE, headerBytes, signedRequest);
  requireAtMost('request', ciphertext.length, LIMITS.maxRequestBytes);
  const sealed = create(SealedRequestSchema, { header: headerBytes, enc: context.enc, salt, ciphertext });
  return { sealed, transactionKey, headerBytes };
}

/**
 * Opens a sealed request. The clear header is checked first, with codes of its own: MALFORMED_MESSAGE,
 * MESSAGE_TOO_LARGE, LIMIT_EXCEEDED, UNSUPPORTED_VERSION, UNKNOWN_SUITE, WRONG_NETWORK, WRONG_CHANNEL,
 * ENVELOPE_EPOCH_UNKNOWN. Every failure after that is DECRYPT_FAILED.
 * @param contexts of senders that have sent before; default: none is known and none is kept
 */
export function openSealedRequest(
  sealed: Pick<SealedRequest, 'header' | 'enc' | 'salt' | 'ciphertext'>,
  envelopeKeys: EnvelopeKeyLookup,
  expected: { readonly network: string; readonly channel: string },
  contexts: RecipientContexts = NO_CONTEXTS,
): OpenedRequest {
  const headerBytes = sealed.header;
  const header = parseRequestHeader(headerBytes, expected);
  requireAtMost('request', sealed.ciphertext.length, LIMITS.maxRequestBytes);
  const suite = suiteByName(header.suite);
  const keyPair = envelopeKeys(header.suite, header.envelopeEpoch);
  if (keyPair === undefined) throw new SelvedgeError('ENVELOPE_EPOCH_UNKNOWN', `no envelope key of epoch ${String(header.envelopeEpoch)}`);
  if (sealed.salt.length !== KEY_BYTES) throw new SelvedgeError('DECRYPT_FAILED', 'decryption failed');
  const context = contexts.open(keyPair, sealed.enc, header);
  const transactionKey = context.transactionKey(headerBytes, sealed.salt);
  const signedRequest = suite.aeadOpen(requestKey(suite, transactionKey, headerBytes), SINGLE_USE_NONCE, headerBytes, sealed.ciphertext);
  context.proven();
  return { header, headerBytes, transactionKey, signedRequest };
}

/**
 * Checks a request's clear header; nothing vouches for it until the request is opened. Throws MALFORMED_MESSAGE, MESSAGE_TOO_LARGE,
 * LIMIT_EXCEEDED, UNSUPPORTED_VERSION, WRONG_NETWORK or WRONG_CHANNEL.
 */
export function parseRequestHeader(bytes: Uint8Array, expected: { readonly network: string; readonly channel: string }): RequestHeader {
  const header = parseMessage(RequestHeaderSchema, bytes, LIMITS.maxHeaderBytes);
  if (header.version !== PROTOCOL_VERSION) throw new SelvedgeError('UNSUPPORTED_VERSION', `request version ${String(header.version)}`);
  if (header.network !== expected.network) throw new SelvedgeError('WRONG_NETWORK', 'the request is for another network');
  if (header.channel !== expected.channel) throw new SelvedgeError('WRONG_CHANNEL', 'the request is for another channel');
  if (header.direction !== Direction.REQUEST) throw new SelvedgeError('MALFORMED_MESSAGE', 'request header: direction is not request');
  requireLength('request tx_id', header.txId, 32);
  return header;
}
