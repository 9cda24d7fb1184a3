import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import { LIMITS, parseMessage, SetDigestSchema, signing, type Core, type SetDigest, type SetDigestStatement } from '@selvedge/protocol';

/**
 * Completeness statements, where target data carries them: each is signed by a peer of a known organisation, speaks
 * of this channel and a contract of the core, and statements of one set at one height agree. Throws SET_DIGEST_INVALID.
 */
export function verifySetDigests(statements: readonly SetDigestStatement[], core: Core, profile: Profile): void {
  const seen = new Map<string, SetDigest>();
  for (const signed of statements) {
    verifyStatementSignature(signed, profile);
    const statement = parseMessage(SetDigestSchema, signed.statement, LIMITS.maxFactBytes);
    requireEqual('network', statement.network === core.network);
    requireEqual('channel', statement.channel === core.channel);
    requireEqual('contract', core.sections.some((section) => section.contract === statement.contract));
    const set = JSON.stringify([statement.contract, toHex(statement.datasetTag), String(statement.height)]);
    const first = seen.get(set) ?? statement;
    requireEqual('root', equalBytes(statement.root, first.root));
    requireEqual('count', statement.count === first.count);
    seen.set(set, first);
  }
}

function verifyStatementSignature(signed: SetDigestStatement, profile: Profile): void {
  if (signed.signature === undefined) throw new SelvedgeError('SET_DIGEST_INVALID', 'a statement is not signed');
  try {
    profile.msps.verifySignature(signed.signature, signing.setDigest(signed.statement), { role: 'peer' });
  } catch (cause) {
    throw new SelvedgeError('SET_DIGEST_INVALID', 'a statement is not signed by a peer of the network', { cause });
  }
}

function requireEqual(field: string, holds: boolean): void {
  if (!holds) throw new SelvedgeError('SET_DIGEST_INVALID', `a statement’s ${field} is not the expected one`);
}
