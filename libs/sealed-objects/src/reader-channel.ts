import { randomBytes } from 'node:crypto';
import { lengthPrefixed, sha256, suiteByName, type HpkeExport, type KemKeyPair } from '@selvedge/crypto';
import { KEY_BYTES } from './keys.js';
import { SINGLE_USE_NONCE } from './single-use.js';

/** What the channel between a business node and an attested reader is tied to. */
export interface ReaderChannelScope {
  readonly suite: string;
  readonly network: string;
  readonly channel: string;
  /** MSP id of the business node. */
  readonly mspId: string;
  /** The nonce under which the reader proved itself, 32 bytes. */
  readonly nonce: Uint8Array;
}

/** One answer, sealed. */
export interface SealedAnswerParts {
  /** 32 fresh random bytes. */
  readonly salt: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** One end of the channel: answers flow from the business node to the reader. */
export interface ReaderChannel {
  /** Seals the answer to these StateQuery bytes, under a key of its own. */
  seal(query: Uint8Array, answer: Uint8Array): SealedAnswerParts;
  /** Throws DECRYPT_FAILED, also for the answer to another query. */
  open(query: Uint8Array, sealed: SealedAnswerParts): Uint8Array;
}

/** The business node's end, towards a key that evidence binds. Throws UNKNOWN_SUITE, PUBLIC_KEY_INVALID. */
export function createReaderChannel(scope: ReaderChannelScope, ephemeralKey: Uint8Array): ReaderChannel & { readonly enc: Uint8Array } {
  const { enc, export: exporter } = suiteByName(scope.suite).hpkeSetupSender(ephemeralKey, channelInfo(scope));
  return { enc, ...channelUnder(scope, exporter) };
}

/** The reader's end. Throws UNKNOWN_SUITE, DECRYPT_FAILED. */
export function openReaderChannel(scope: ReaderChannelScope, ephemeral: KemKeyPair, enc: Uint8Array): ReaderChannel {
  return channelUnder(scope, suiteByName(scope.suite).hpkeSetupRecipient(ephemeral, enc, channelInfo(scope)));
}

function channelUnder({ suite: name }: ReaderChannelScope, exporter: HpkeExport): ReaderChannel {
  const suite = suiteByName(name);
  const secret = exporter(lengthPrefixed(['selvedge/v1/reader channel answers']), KEY_BYTES);
  // A fresh salt in each key: no key and nonce seal two answers.
  const keyOf = (query: Uint8Array, salt: Uint8Array): Uint8Array => suite.deriveKey(secret, 'plaintext answer', [salt, sha256(query)]);
  return {
    seal(query, answer) {
      const salt = new Uint8Array(randomBytes(KEY_BYTES));
      return { salt, ciphertext: suite.aeadSeal(keyOf(query, salt), SINGLE_USE_NONCE, salt, answer) };
    },
    open: (query, { salt, ciphertext }) => suite.aeadOpen(keyOf(query, salt), SINGLE_USE_NONCE, salt, ciphertext),
  };
}

function channelInfo({ suite, network, channel, mspId, nonce }: ReaderChannelScope): Uint8Array {
  return lengthPrefixed(['selvedge/v1/reader channel', suite, network, channel, mspId, nonce]);
}
