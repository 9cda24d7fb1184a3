import { Hono, type Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { fromBase64 } from './base64.js';
import { SelvedgeError } from '@selvedge/errors';
import { TOKEN_HEADER } from '../api.js';
import type { ConsoleNetwork } from '../ports.js';
import { createFailureLimit } from '../sign-in/failure-limit.js';
import { createOneTimeValues } from '../sign-in/one-time-values.js';
import { createSessions, type Session, type Sessions } from '../sign-in/sessions.js';
import { verifySignIn } from '../sign-in/verify-sign-in.js';
import { proveInput, readInput, redeemInput } from './inputs.js';
import { createPerson, type Person } from './person.js';

/** How people get in, and who is in. */
export interface SignIn {
  /** Throws SIGN_IN_REQUIRED. */
  verify(context: Context): Session<Person>;
  readonly sessions: Sessions<Person>;
  /** Below /api/sign-in. */
  readonly routes: Hono;
  signOut(context: Context): void;
}

const SESSION_MS = 60 * 60_000;
const CHALLENGE_MS = 60_000;
const LINK_MS = 120_000;
const FAILURES = { max: 10, windowMs: 60_000 };

/**
 * Sign-in in three steps (ADR 036): the command asks for a challenge, signs it with the identity's key, and gets a link; the browser
 * that opens the link gets the session. The key never leaves the command.
 * @param origin scheme://host:port of this console
 */
export function createSignIn({ network, origin, nowMs, readBody }: { readonly network: ConsoleNetwork; readonly origin: string; readonly nowMs: () => number; readonly readBody: (context: Context) => Promise<unknown> }): SignIn {
  const sessions = createSessions<Person>({ nowMs, lifetimeMs: SESSION_MS, onEnd: (person) => { person.close(); } });
  const challenges = createOneTimeValues<true>({ nowMs, lifetimeMs: CHALLENGE_MS });
  const links = createOneTimeValues<{ readonly person: Person; readonly notAfter: number }>({ nowMs, lifetimeMs: LINK_MS });
  const limit = createFailureLimit({ nowMs, ...FAILURES });
  const scope = { network: network.network, channel: network.channel, origin };
  const isTls = origin.startsWith('https:');
  // Cookies do not know ports: two consoles of one host must not take each other's.
  const cookie = `selvedge-console-${new URL(origin).port || 'tls'}`;

  const attempt = async (context: Context, act: () => Promise<Response>): Promise<Response> => {
    limit.verifyMayTry();
    try {
      return await act();
    } catch (error) {
      limit.failed();
      throw error;
    }
  };

  const routes = new Hono();
  routes.post('/challenge', (context) => context.json({ ...scope, challenge: challenges.issue(true) }));
  routes.post('/prove', (context) =>
    attempt(context, async () => {
      const { challenge, identity, signature, user } = readInput(proveInput, await readBody(context));
      if (challenges.take(challenge) === undefined) throw new SelvedgeError('SIGN_IN_LINK_SPENT', 'the challenge is not one of this console, or was used, or is too old', { role: 'console' });
      const verified = verifySignIn({ challenge, identity: fromBase64(identity), signature: fromBase64(signature) }, scope, await network.trust(), new Date(nowMs()));
      const signer = await network.signer(verified.mspId, user);
      const isSame = signer !== undefined && Buffer.from(signer.serialized).equals(verified.serialized);
      const person = createPerson(network, verified, isSame ? signer : undefined);
      return context.json({ link: links.issue({ person, notAfter: verified.notAfter.getTime() }), canSign: person.canSign });
    }));
  routes.post('/redeem', (context) =>
    attempt(context, async () => {
      const found = links.take(readInput(redeemInput, await readBody(context)).link);
      if (found === undefined) throw new SelvedgeError('SIGN_IN_LINK_SPENT', 'the link is not one of this console, or was opened, or is too old', { role: 'console' });
      const session = sessions.begin(found.person, found.notAfter);
      setCookie(context, cookie, session.id, { path: '/', httpOnly: true, sameSite: 'Strict', secure: isTls, maxAge: Math.floor((session.endsAt - nowMs()) / 1_000) });
      return context.json({ token: session.token });
    }));

  return {
    sessions,
    routes,
    verify: (context) => sessions.verify(getCookie(context, cookie), context.req.header(TOKEN_HEADER)),
    signOut(context) {
      const { id } = sessions.verify(getCookie(context, cookie), context.req.header(TOKEN_HEADER));
      sessions.end(id);
      deleteCookie(context, cookie, { path: '/', secure: isTls });
    },
  };
}
