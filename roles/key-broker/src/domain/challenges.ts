import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';

const NONCE_BYTES = 32;

export interface ChallengeOptions {
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  /** Default 60,000. */
  readonly ttlMs?: number;
  /** Default 10,000: beyond it, the oldest is dropped. */
  readonly maxOutstanding?: number;
}

/** Nonces that were handed out and not yet used. */
export interface Challenges {
  /** A fresh nonce, 32 bytes. */
  issue(): Uint8Array;
  /** Uses up a nonce, whatever comes of the exchange. Throws CHALLENGE_UNKNOWN when it is unknown, used or too old. */
  consume(nonce: Uint8Array): void;
}

export function createChallenges({ clock, randomBytes, ttlMs = 60_000, maxOutstanding = 10_000 }: ChallengeOptions): Challenges {
  const issuedAt = new Map<string, number>();
  return {
    issue() {
      const oldest = issuedAt.keys().next();
      if (issuedAt.size >= maxOutstanding && oldest.done !== true) issuedAt.delete(oldest.value);
      const nonce = randomBytes(NONCE_BYTES);
      issuedAt.set(toHex(nonce), clock());
      return nonce;
    },
    consume(nonce) {
      const key = toHex(nonce);
      const at = issuedAt.get(key);
      issuedAt.delete(key);
      if (at === undefined) throw refusal();
      if (clock() - at > ttlMs) throw refusal();
    },
  };
}

function refusal(): SelvedgeError {
  return new SelvedgeError('CHALLENGE_UNKNOWN', 'the challenge is unknown, used or too old');
}
