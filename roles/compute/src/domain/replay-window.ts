import { equalBytes, sha256 } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { AuthorisedRequest } from './authorise.js';

/** Remembers which request stood under a transaction id. */
export interface ReplayWindow {
  /**
   * Throws REQUEST_REPLAYED when another request ran under this transaction id. The same request may run again: a
   * client repeats it after a lost answer, and the marker on the ledger lets one of them commit.
   */
  admit(request: AdmittedRequest, now: Date): void;
  /**
   * Takes the only admission of a request back: it was refused before it gave anything, and its client has to build it
   * anew under the same id. Without effect where it was admitted more than once.
   */
  withdraw(request: AdmittedRequest): void;
}

type AdmittedRequest = Pick<AuthorisedRequest, 'bodyBytes' | 'txIdHex' | 'isSubmit'>;

interface Remembered {
  readonly digest: Uint8Array;
  readonly untilMs: number;
  admissions: number;
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
    admit({ bodyBytes, txIdHex, isSubmit }, now) {
      if (!isSubmit) return;
      const digest = sha256(bodyBytes);
      const earlier = entries.get(txIdHex);
      if (earlier !== undefined && !equalBytes(earlier.digest, digest)) throw new SelvedgeError('REQUEST_REPLAYED', 'another request ran under this transaction id');
      if (earlier !== undefined) {
        earlier.admissions += 1;
        return;
      }
      forget(now.getTime());
      entries.set(txIdHex, { digest, untilMs: now.getTime() + windowMs, admissions: 1 });
    },
    withdraw({ bodyBytes, txIdHex }) {
      const entry = entries.get(txIdHex);
      if (entry?.admissions === 1 && equalBytes(entry.digest, sha256(bodyBytes))) entries.delete(txIdHex);
    },
  };
}
