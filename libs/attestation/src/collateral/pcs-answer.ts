import { SelvedgeError } from '@selvedge/errors';
import { z } from 'zod';
import { instant, type SignedStatement } from '../dcap/signed-statement.js';

/** {"tcbInfo":{...},"signature":"..."}: the object exactly as signed stands between. */
const ANSWER = /^\s*\{\s*"([a-zA-Z]{1,32})"\s*:\s*(\{[\s\S]*\})\s*,\s*"signature"\s*:\s*"([0-9a-fA-F]{128})"\s*\}\s*$/;
const period = z.object({ nextUpdate: instant });

/**
 * An answer of Intel's provisioning certification service as it was saved (PCS API version 4, Get TCB Info, Get QE Identity), taken
 * apart. Signature and the rest are for the verifier. Throws COLLATERAL_MALFORMED, COLLATERAL_EXPIRED, both naming the file.
 */
export function readPcsAnswer(content: Uint8Array, { file, field, at }: { readonly file: string; readonly field: string; readonly at: Date }): Pick<SignedStatement, 'body' | 'signature'> {
  const malformed = (what: string, cause?: unknown): SelvedgeError => new SelvedgeError('COLLATERAL_MALFORMED', `${file}: ${what}`, { cause, details: { file } });
  const [, name, body, signature] = ANSWER.exec(Buffer.from(content).toString('utf8')) ?? [];
  if (name !== field || body === undefined || signature === undefined) throw malformed(`{"${field}":{...},"signature":"..."} expected, as Intel’s service answers`);
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (cause) {
    throw malformed('not JSON', cause);
  }
  const parsed = period.safeParse(json);
  if (!parsed.success) throw malformed('it does not say when the next update is');
  if (at > parsed.data.nextUpdate) throw new SelvedgeError('COLLATERAL_EXPIRED', `${file} expired at ${parsed.data.nextUpdate.toISOString()}`, { details: { file } });
  return { body, signature: new Uint8Array(Buffer.from(signature, 'hex')) };
}
