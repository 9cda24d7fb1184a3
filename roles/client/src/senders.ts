import { equalBytes, type SuiteName } from '@selvedge/crypto';
import { createSenderContext, type EnvelopePublicKey, type SenderContext } from '@selvedge/sealed-objects';

/** Requests of one context: they show that they have one sender, and one exporter secret opens them all. */
const MAX_REQUESTS = 1_024;
const MAX_AGE_MS = 60_000;

/** The contexts that a gateway seals its requests under. */
export interface Senders {
  /** One that may seal one more request to this key. Throws PUBLIC_KEY_INVALID. */
  contextOf(suite: SuiteName, envelopeKey: EnvelopePublicKey): SenderContext;
}

interface Used {
  readonly context: SenderContext;
  readonly publicKey: Uint8Array;
  readonly openedAt: number;
  requests: number;
}

/** @param now monotonic clock, milliseconds */
export function createSenders(place: { readonly network: string; readonly channel: string }, now: () => number = () => performance.now()): Senders {
  /** By suite, the newest: requests go to one epoch at a time. */
  const newest = new Map<SuiteName, Used>();
  const isFit = ({ context, publicKey, openedAt, requests }: Used, envelopeKey: EnvelopePublicKey): boolean =>
    context.envelopeEpoch === envelopeKey.epoch && equalBytes(publicKey, envelopeKey.publicKey) && requests < MAX_REQUESTS && now() - openedAt < MAX_AGE_MS;
  return {
    contextOf(suite, envelopeKey) {
      let used = newest.get(suite);
      if (used === undefined || !isFit(used, envelopeKey)) {
        used = { context: createSenderContext({ suite, envelopeKey, ...place }), publicKey: envelopeKey.publicKey, openedAt: now(), requests: 0 };
        newest.set(suite, used);
      }
      used.requests += 1;
      return used.context;
    },
  };
}
