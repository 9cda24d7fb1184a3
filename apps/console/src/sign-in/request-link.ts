import { SelvedgeError, refusalFromWire } from '@selvedge/errors';
import type { Signer } from '@selvedge/identity';
import { z } from 'zod';
import { signInMessage } from './verify-sign-in.js';

/** A link that signs the browser which opens it in, once. */
export interface SignInLink {
  readonly url: string;
  /** The console holds the same key: it can send requests and open views. */
  readonly canSign: boolean;
}

const TIMEOUT_MS = 20_000;
const MAX_ANSWER_BYTES = 16 * 1024;

const challengeAnswer = z.object({ challenge: z.string().regex(/^[0-9a-f]{64}$/), origin: z.string() });
const proveAnswer = z.object({ link: z.string().regex(/^[0-9a-f]{64}$/), canSign: z.boolean() });
const errorBody = z.object({ error: z.object({ code: z.string().max(64), role: z.string().max(64), message: z.string().max(1_024) }) });

/**
 * Signs a running console's challenge and gets a link. The signature names network, channel and the origin that is called, so that it is
 * worth nothing to whoever answers there in the console's stead. Throws the console's refusal, UNAVAILABLE, MALFORMED_MESSAGE.
 * @param origin scheme://host:port
 * @param user as the command names the identity
 */
export async function requestSignInLink({ origin, network, channel, signer, user }: { readonly origin: string; readonly network: string; readonly channel: string; readonly signer: Signer; readonly user: string }): Promise<SignInLink> {
  const { challenge } = await call(origin, 'challenge', {}, challengeAnswer);
  const signature = signer.sign(signInMessage({ network, channel, origin }, challenge));
  const { link, canSign } = await call(origin, 'prove', { challenge, identity: base64(signer.serialized), signature: base64(signature), user }, proveAnswer);
  // What stands behind # is never sent to a server, nor to another page.
  return { url: `${origin}/#sign-in=${link}`, canSign };
}

async function call<T>(origin: string, step: string, body: object, schema: z.ZodType<T>): Promise<T> {
  const answer = await fetch(`${origin}/api/sign-in/${step}`, {
    method: 'POST',
    redirect: 'error',
    headers: { origin, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new SelvedgeError('UNAVAILABLE', `no console answers at ${origin}`, { role: 'console', cause });
  });
  const value = parseJson(await readBounded(answer));
  const refused = errorBody.safeParse(value);
  if (!answer.ok && refused.success) throw refusalFromWire(refused.data.error);
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new SelvedgeError('MALFORMED_MESSAGE', 'what answers there is no console', { role: 'console' });
  return parsed.data;
}

async function readBounded(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new SelvedgeError('MESSAGE_TOO_LARGE', 'what answers there is no console', { role: 'console' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
