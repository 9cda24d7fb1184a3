import { SelvedgeError } from '@selvedge/errors';
import { z } from 'zod';

/** Bytes of one call's body. */
export const MAX_BODY_BYTES = 256 * 1024;

const hex32 = z.string().regex(/^[0-9a-f]{64}$/);
const base64 = (maxLength: number) => z.base64().max(maxLength);
const contract = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/);

/** Whoever signs in: the command, which has the identity's key. */
export const proveInput = z.strictObject({
  challenge: hex32,
  identity: base64(16 * 1024).min(4),
  signature: base64(1024).min(4),
  /** As the command names it: the console looks for the same key under it. It becomes part of a path. */
  user: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_@.-]{0,63}$/),
});

export const redeemInput = z.strictObject({ link: hex32 });

export const requestInput = z.strictObject({
  kind: z.enum(['invoke', 'query', 'forge']),
  contract,
  transaction: z.string().min(1).max(256),
  arguments: z.array(z.string().max(64 * 1024)).max(64),
  transient: z.record(z.string().min(1).max(256), z.string().max(64 * 1024)),
});

export const keyInput = z.strictObject({ contract, collection: z.string().max(256), key: z.string().min(1).max(4 * 1024) });

/** Throws MALFORMED_MESSAGE; what was sent is not repeated. */
export function readInput<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SelvedgeError('MALFORMED_MESSAGE', `the call’s body is not as expected${issue === undefined ? '' : `, at ${issue.path.map((part) => (typeof part === 'number' ? String(part) : FIELDS.has(String(part)) ? String(part) : 'a field')).join('.') || 'its root'}`}`, { role: 'console' });
}

/** Names of fields may be told; names that a caller chose, such as those of transient fields, are not. */
const FIELDS = new Set(['challenge', 'identity', 'signature', 'user', 'link', 'kind', 'contract', 'transaction', 'arguments', 'transient', 'collection', 'key']);
