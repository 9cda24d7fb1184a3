import { randomBytes, timingSafeEqual } from 'node:crypto';
import { sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';

/** A signed-in person's browser. */
export interface Session<T> {
  /** Of the cookie, hexadecimal. */
  readonly id: string;
  /** The page sends it in a header: the cookie alone, which other servers of this machine get to see too, opens nothing. Hexadecimal. */
  readonly token: string;
  readonly endsAt: number;
  readonly content: T;
}

export interface Sessions<T> {
  /** @param notAfter ends it sooner, as the certificate does */
  begin(content: T, notAfter: number): Session<T>;
  /** Throws SIGN_IN_REQUIRED unless cookie and token belong together and the session lasts. */
  verify(cookie: string | undefined, token: string | undefined): Session<T>;
  end(id: string): void;
  endAll(): void;
  readonly size: number;
}

const SECRET_BYTES = 32;
const MAX_SESSIONS = 32;

/** @param options.onEnd is called once for each session that ends */
export function createSessions<T>({ nowMs, lifetimeMs, onEnd }: { readonly nowMs: () => number; readonly lifetimeMs: number; readonly onEnd: (content: T) => void }): Sessions<T> {
  const sessions = new Map<string, Session<T>>();
  const end = (id: string): void => {
    const session = sessions.get(id);
    if (session === undefined) return;
    sessions.delete(id);
    onEnd(session.content);
  };
  const sweep = (): void => {
    for (const { id, endsAt } of sessions.values()) if (endsAt <= nowMs()) end(id);
  };
  return {
    begin(content, notAfter) {
      sweep();
      const [oldest] = sessions.keys();
      if (oldest !== undefined && sessions.size >= MAX_SESSIONS) end(oldest);
      const session = { id: secret(), token: secret(), endsAt: Math.min(nowMs() + lifetimeMs, notAfter), content };
      sessions.set(session.id, session);
      return session;
    },
    verify(cookie, token) {
      sweep();
      const session = cookie === undefined ? undefined : sessions.get(cookie);
      if (session === undefined || token === undefined || !isSame(session.token, token)) throw new SelvedgeError('SIGN_IN_REQUIRED', 'nobody is signed in here, or not any more', { role: 'console' });
      return session;
    },
    end,
    endAll() {
      for (const id of [...sessions.keys()]) end(id);
    },
    get size() {
      sweep();
      return sessions.size;
    },
  };
}

const secret = (): string => toHex(new Uint8Array(randomBytes(SECRET_BYTES)));

/** Digests have one length, whatever came. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string): Uint8Array => sha256(new TextEncoder().encode(text));
  return timingSafeEqual(digest(a), digest(b));
}
