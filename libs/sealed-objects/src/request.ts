import { randomBytes } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { lengthPrefixed, suiteByName, type KemKeyPair, type Suite } from '@selvedge/crypto';
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
import { KEY_BYTES } from './keys.js';
import { SINGLE_USE_NONCE } from './single-use.js';

/** One envelope key of the channel, as the broker's verified statement gives it. */
export interface EnvelopePublicKey {
  readonly epoch: bigint;
  /** Raw HPKE public key (RFC 9180 section 7.1.1). */
  readonly publicKey: Uint8Array;
}

export interface SealRequestInput {
  /** Suite name; the envelope key is of this suite. */
  readonly suite: string;
  readonly envelopeKey: EnvelopePublicKey;
  readonly network: string;
  readonly channel: string;
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

/** HPKE info: a label of its own and the header, which holds version, suite, network, channel, epoch, txId and direction. */
const envelopeInfo = (headerBytes: Uint8Array): Uint8Array => lengthPrefixed(['selvedge/v1/request envelope', headerBytes]);

/** The request key encrypts one plaintext, since its transaction key is fresh. */
const requestKey = (suite: Suite, transactionKey: Uint8Array, headerBytes: Uint8Array): Uint8Array => suite.deriveKey(transactionKey, 'request key', [headerBytes]);

/**
 * Seals one request under a fresh transaction key (DESIGN 2, step 1). The same parts may go to several compute nodes.
 * Throws UNKNOWN_SUITE, PUBLIC_KEY_INVALID, or LIMIT_EXCEEDED when the request is too large to be opened.
 */
export function sealRequest(input: SealRequestInput): SealedRequestParts {
  const suite = suiteByName(input.suite);
  requireLength('tx_id', input.txId, 32);
  const headerBytes = encodeMessage(RequestHeaderSchema, {
    version: PROTOCOL_VERSION,
    suite: suite.name,
    network: input.network,
    channel: input.channel,
    envelopeEpoch: input.envelopeKey.epoch,
    txId: input.txId,
    direction: Direction.REQUEST,
  });
  requireAtMost('request header', headerBytes.length, LIMITS.maxHeaderBytes);
  const transactionKey = new Uint8Array(randomBytes(KEY_BYTES));
  const envelope = suite.hpkeSeal(input.envelopeKey.publicKey, envelopeInfo(headerBytes), headerBytes, transactionKey);
  const ciphertext = suite.aeadSeal(requestKey(suite, transactionKey, headerBytes), SINGLE_USE_NONCE, headerBytes, input.signedRequest);
  requireAtMost('request', ciphertext.length, LIMITS.maxRequestBytes);
  const sealed = create(SealedRequestSchema, { header: headerBytes, enc: envelope.enc, sealedTransactionKey: envelope.ciphertext, ciphertext });
  return { sealed, transactionKey, headerBytes };
}

/**
 * Opens a sealed request. The clear header is checked first, with codes of its own: MALFORMED_MESSAGE,
 * MESSAGE_TOO_LARGE, LIMIT_EXCEEDED, UNSUPPORTED_VERSION, UNKNOWN_SUITE, WRONG_NETWORK, WRONG_CHANNEL,
 * ENVELOPE_EPOCH_UNKNOWN. Every failure after that is DECRYPT_FAILED.
 */
export function openSealedRequest(
  sealed: Pick<SealedRequest, 'header' | 'enc' | 'sealedTransactionKey' | 'ciphertext'>,
  envelopeKeys: EnvelopeKeyLookup,
  expected: { readonly network: string; readonly channel: string },
): OpenedRequest {
  const headerBytes = sealed.header;
  const header = parseHeader(headerBytes, expected);
  requireAtMost('request', sealed.ciphertext.length, LIMITS.maxRequestBytes);
  const suite = suiteByName(header.suite);
  const keyPair = envelopeKeys(header.suite, header.envelopeEpoch);
  if (keyPair === undefined) throw new SelvedgeError('ENVELOPE_EPOCH_UNKNOWN', `no envelope key of epoch ${String(header.envelopeEpoch)}`);
  const transactionKey = suite.hpkeOpen(keyPair, sealed.enc, envelopeInfo(headerBytes), headerBytes, sealed.sealedTransactionKey);
  if (transactionKey.length !== KEY_BYTES) throw new SelvedgeError('DECRYPT_FAILED', 'decryption failed');
  const signedRequest = suite.aeadOpen(requestKey(suite, transactionKey, headerBytes), SINGLE_USE_NONCE, headerBytes, sealed.ciphertext);
  return { header, headerBytes, transactionKey, signedRequest };
}

function parseHeader(bytes: Uint8Array, expected: { readonly network: string; readonly channel: string }): RequestHeader {
  const header = parseMessage(RequestHeaderSchema, bytes, LIMITS.maxHeaderBytes);
  if (header.version !== PROTOCOL_VERSION) throw new SelvedgeError('UNSUPPORTED_VERSION', `request version ${String(header.version)}`);
  if (header.network !== expected.network) throw new SelvedgeError('WRONG_NETWORK', 'the request is for another network');
  if (header.channel !== expected.channel) throw new SelvedgeError('WRONG_CHANNEL', 'the request is for another channel');
  if (header.direction !== Direction.REQUEST) throw new SelvedgeError('MALFORMED_MESSAGE', 'request header: direction is not request');
  requireLength('request tx_id', header.txId, 32);
  return header;
}
