import { randomBytes } from 'node:crypto';
import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';

/** Values that are given out, each taken back once, within a time. */
export interface OneTimeValues<T> {
  /** Hexadecimal, 32 random bytes. Throws RATE_LIMITED while too many are out. */
  issue(content: T): string;
  /** What was given out under it; undefined: nothing, or too long ago, or taken already. */
  take(value: string): T | undefined;
}

const VALUE_BYTES = 32;
const MAX_PENDING = 64;

export function createOneTimeValues<T>({ nowMs, lifetimeMs }: { readonly nowMs: () => number; readonly lifetimeMs: number }): OneTimeValues<T> {
  const pending = new Map<string, { readonly content: T; readonly endsAt: number }>();
  return {
    issue(content) {
      for (const [value, { endsAt }] of pending) if (endsAt <= nowMs()) pending.delete(value);
      if (pending.size >= MAX_PENDING) throw new SelvedgeError('RATE_LIMITED', `too many sign-ins are under way: wait ${String(lifetimeMs / 1000)} s`, { role: 'console' });
      const value = toHex(new Uint8Array(randomBytes(VALUE_BYTES)));
      pending.set(value, { content, endsAt: nowMs() + lifetimeMs });
      return value;
    },
    take(value) {
      const found = pending.get(value);
      pending.delete(value);
      return found !== undefined && found.endsAt > nowMs() ? found.content : undefined;
    },
  };
}
