import { equalBytes, labelledHash } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { RequestBody } from '@selvedge/protocol';
import type { AuthorisedRequest } from './authorise.js';

/** Remembers what was asked under a transaction id. */
export interface ReplayWindow {
  /**
   * Throws REQUEST_REPLAYED when something else was asked under this transaction id. The same may be asked again: a client repeats its
   * request after a lost answer, and builds it on new keys where a rotation has overtaken it. The marker on the ledger lets one of them
   * commit.
   */
  admit(request: AdmittedRequest, now: Date): void;
}

type AdmittedRequest = Pick<AuthorisedRequest, 'body' | 'txIdHex' | 'isSubmit'>;

interface Remembered {
  readonly asked: Uint8Array;
  readonly untilMs: number;
}

/**
 * @param windowMs at least twice the freshness window: older requests are refused by their timestamp
 * @param maxEntries the oldest are forgotten first
 */
export function createReplayWindow(windowMs: number, maxEntries = 50_000): ReplayWindow {
  // In order of admission, so the first entries are the oldest.
  const entries = new Map<string, Remembered>();
  const forget = (nowMs: number): void => {
    for (const [txId, { untilMs }] of entries) {
      if (untilMs > nowMs && entries.size < maxEntries) return;
      entries.delete(txId);
    }
  };
  return {
    admit({ body, txIdHex, isSubmit }, now) {
      if (!isSubmit) return;
      const asked = digestOfAsked(body);
      const earlier = entries.get(txIdHex);
      if (earlier !== undefined && !equalBytes(earlier.asked, asked)) throw new SelvedgeError('REQUEST_REPLAYED', 'another request ran under this transaction id');
      if (earlier !== undefined) return;
      forget(now.getTime());
      entries.set(txIdHex, { asked, untilMs: now.getTime() + windowMs });
    },
  };
}

/**
 * Of what a client asks for. Left out is what it asks on, which is new whenever it builds the request: key epochs, profile, least height and what maps
 * gave of its parts, though not how many there are; and who it is, which the transaction id says. 32 bytes.
 */
function digestOfAsked({ contract, kind, args, transient, parts, timestampSeconds, timestampNanos }: RequestBody): Uint8Array {
  return labelledHash('asked', contract, kind, timestampSeconds, timestampNanos, parts.length, args.length, ...args, ...transient.flatMap(({ name, value }) => [name, value]));
}
