import { verify } from 'node:crypto';
import { SelvedgeError } from '@selvedge/errors';
import { z } from 'zod';
import { parsePemChain, verifyIssuance, verifyNotRevoked, verifyRoot, type TrustedRoots } from './chain.js';
import type { VerifiedRevocationList } from '../revocation.js';
import { TCB_STATUSES } from './tcb-status.js';

/** Something that Intel states and signs: TCB info, or the identity of an enclave. */
export interface SignedStatement {
  /** JSON text, exactly as signed. */
  readonly body: string;
  /** r || s, 64 bytes. */
  readonly signature: Uint8Array;
  /** PEM: the signing certificate, then the root. */
  readonly issuerChainPem: string;
}

export const hexOf = (bytes: number): z.ZodType<Uint8Array> =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-fA-F]{${String(bytes * 2)}}$`))
    .transform((text) => new Uint8Array(Buffer.from(text, 'hex')));

export const svn = z.number().int().min(0).max(65_535);
export const instant = z.iso.datetime().transform((text) => new Date(text));
/** Common to every level of every statement. */
export const levelFields = { tcbDate: z.iso.datetime(), tcbStatus: z.enum(TCB_STATUSES), advisoryIDs: z.array(z.string().max(64)).max(512).default([]) };
export const period = { issueDate: instant, nextUpdate: instant };

/**
 * Verifies a statement's chain, signature and period, and only then reads it.
 * Throws EVIDENCE_MALFORMED, EVIDENCE_INVALID, EVIDENCE_REVOKED, COLLATERAL_SIGNATURE_INVALID, COLLATERAL_MALFORMED, COLLATERAL_EXPIRED.
 */
export function verifyStatement<T extends { readonly issueDate: Date; readonly nextUpdate: Date }>(
  statement: SignedStatement,
  schema: z.ZodType<T>,
  context: { readonly trust: TrustedRoots; readonly lists: readonly VerifiedRevocationList[]; readonly at: Date; readonly what: string },
): T {
  const { trust, lists, at, what } = context;
  const chain = parsePemChain(statement.issuerChainPem, `${what} issuer chain`);
  verifyRoot(chain, trust, `${what} issuer chain`);
  verifyIssuance(chain, at, `${what} issuer chain`);
  verifyNotRevoked(chain, lists, `${what} issuer chain`);
  const isSigned = verify('sha256', Buffer.from(statement.body, 'utf8'), { key: chain[0].publicKey, dsaEncoding: 'ieee-p1363' }, statement.signature);
  if (!isSigned) throw new SelvedgeError('COLLATERAL_SIGNATURE_INVALID', `${what}: its signature does not verify`);
  const parsed = schema.safeParse(parseJson(statement.body, what));
  if (!parsed.success) throw new SelvedgeError('COLLATERAL_MALFORMED', `${what}: ${z.prettifyError(parsed.error)}`);
  if (at < parsed.data.issueDate) throw new SelvedgeError('COLLATERAL_EXPIRED', `${what} was issued after the time of verification, at ${parsed.data.issueDate.toISOString()}`);
  if (at > parsed.data.nextUpdate) throw new SelvedgeError('COLLATERAL_EXPIRED', `${what} expired at ${parsed.data.nextUpdate.toISOString()}`);
  return parsed.data;
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SelvedgeError('COLLATERAL_MALFORMED', `${what}: not JSON`, { cause });
  }
}
