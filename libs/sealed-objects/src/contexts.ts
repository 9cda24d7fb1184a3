import { lengthPrefixed, suiteByName, type HpkeExport, type KemKeyPair, type SuiteName } from '@selvedge/crypto';
import { PROTOCOL_VERSION } from '@selvedge/protocol';
import { KEY_BYTES } from './keys.js';

/** Where a context is used: what all of its requests have in common. */
interface ContextScope {
  readonly suite: string;
  readonly network: string;
  readonly channel: string;
  readonly envelopeEpoch: bigint;
}

/** What the exporter is asked for: the header is the request's own, and the salt makes a request that is sealed again another one. */
function keyContext(headerBytes: Uint8Array, salt: Uint8Array): Uint8Array {
  return lengthPrefixed(['selvedge/v1/transaction key', headerBytes, salt]);
}

function contextInfo({ suite, network, channel, envelopeEpoch }: ContextScope): Uint8Array {
  return lengthPrefixed(['selvedge/v1/request context', PROTOCOL_VERSION, suite, network, channel, envelopeEpoch]);
}

/** One envelope key of the channel, as the broker's verified statement gives it. */
export interface EnvelopePublicKey {
  readonly epoch: bigint;
  /** Raw HPKE public key (RFC 9180 section 7.1.1). */
  readonly publicKey: Uint8Array;
}

export interface SenderContextInput {
  /** Suite name; the envelope key is of this suite. */
  readonly suite: string;
  readonly envelopeKey: EnvelopePublicKey;
  readonly network: string;
  readonly channel: string;
}

/**
 * A sender's HPKE context with whoever holds an envelope key. All requests under it show the same `enc`, and whoever has
 * its exporter secret opens them all: it is for one sender, and not for ever.
 */
export interface SenderContext extends ContextScope {
  readonly suite: SuiteName;
  /** Encapsulated key, Nenc bytes. */
  readonly enc: Uint8Array;
  /** 32 bytes, for HKDF only. salt: 32 fresh bytes. */
  transactionKey(headerBytes: Uint8Array, salt: Uint8Array): Uint8Array;
}

/** Opens a context (RFC 9180 section 5.1.1). Throws UNKNOWN_SUITE or PUBLIC_KEY_INVALID. */
export function createSenderContext({ suite: name, envelopeKey, network, channel }: SenderContextInput): SenderContext {
  const suite = suiteByName(name);
  const scope = { suite: suite.name, network, channel, envelopeEpoch: envelopeKey.epoch };
  const sender = suite.hpkeSetupSender(envelopeKey.publicKey, contextInfo(scope));
  return { ...scope, enc: sender.enc, transactionKey: (headerBytes, salt) => sender.export(keyContext(headerBytes, salt), KEY_BYTES) };
}

/** The recipient's side of one context. */
export interface RecipientContext {
  /** As SenderContext.transactionKey; that it is the sender's shows in what it opens. */
  transactionKey(headerBytes: Uint8Array, salt: Uint8Array): Uint8Array;
  /** Called when something opened under it: its sender may come again. */
  proven(): void;
}

/** Finds or sets up contexts of senders. */
export interface RecipientContexts {
  /** Throws UNKNOWN_SUITE or DECRYPT_FAILED. */
  open(recipient: KemKeyPair, enc: Uint8Array, scope: ContextScope): RecipientContext;
}

/**
 * Contexts that are proven are kept, the latest of each envelope key, and go with the key. Nobody who cannot seal a request
 * to the key gets one kept.
 * @param maxContexts of one envelope key; 0 keeps none
 */
export function createRecipientContexts(maxContexts: number): RecipientContexts {
  const byRecipient = new WeakMap<KemKeyPair, Map<string, HpkeExport>>();
  return {
    open(recipient, enc, scope) {
      const info = contextInfo(scope);
      const kept = byRecipient.get(recipient) ?? new Map<string, HpkeExport>();
      const id = Buffer.from(lengthPrefixed([enc, info])).toString('latin1');
      const exporter = kept.get(id) ?? suiteByName(scope.suite).hpkeSetupRecipient(recipient, enc, info);
      return {
        transactionKey: (headerBytes, salt) => exporter(keyContext(headerBytes, salt), KEY_BYTES),
        proven() {
          // The last in the map's order is the latest one used.
          kept.delete(id);
          kept.set(id, exporter);
          for (const oldest of kept.keys()) {
            if (kept.size <= maxContexts) break;
            kept.delete(oldest);
          }
          byRecipient.set(recipient, kept);
        },
      };
    },
  };
}
