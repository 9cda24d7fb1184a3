import { SelvedgeError } from '@selvedge/errors';
import { CHANNEL_EPOCH, facts } from './facts.js';
import { CONTRACT_NAME, MSP_ID, NODE_ID } from './names.js';

/** A fact key, taken apart. */
export type FactKey =
  | { readonly kind: 'profile' | 'broker-root' | 'revoked-node' | 'revoked-platform' | 'revoked-measurement' }
  | { readonly kind: 'contract' | 'name-keys'; readonly name: string }
  | { readonly kind: 'revocation-lists' | 'owner-keys'; readonly mspId: string }
  | { readonly kind: 'epoch' | 'revoked-epoch'; readonly contract: string; readonly epoch: bigint };

const EPOCH = /^[1-9][0-9]{0,18}$/;
const HEX = /^(?:[0-9a-f]{2}){1,128}$/;

/** Takes a fact key apart. Throws POLICY_MALFORMED for a key that no fact has: a misspelt revocation must not pass for one. */
export function parseFactKey(key: string): FactKey {
  const parsed = read(key);
  if (parsed === undefined) throw new SelvedgeError('POLICY_MALFORMED', 'policy change: no fact has this key', { details: { key: key.slice(0, 256) } });
  return parsed;
}

/** Whether a fact can have this key: a ledger holds no fact under any other. */
export function isFactKey(key: string): boolean {
  return read(key) !== undefined;
}

function read(key: string): FactKey | undefined {
  if (key === facts.profile) return { kind: 'profile' };
  if (key === facts.brokerRoot) return { kind: 'broker-root' };
  const [first, ...rest] = key.split('/');
  if (first === 'contract' || first === 'name-keys') return rest.length === 1 && CONTRACT_NAME.test(rest[0] as string) ? { kind: first, name: rest[0] as string } : undefined;
  if (first === 'revocation-lists' || first === 'owner-keys') return rest.length === 1 && MSP_ID.test(rest[0] as string) ? { kind: first, mspId: rest[0] as string } : undefined;
  if (first === 'epoch') return readEpoch('epoch', rest);
  if (first === 'revoked') return readRevoked(rest);
  return undefined;
}

function readRevoked([what, ...rest]: readonly string[]): FactKey | undefined {
  if (what === 'epoch') return readEpoch('revoked-epoch', rest);
  const [subject, ...more] = rest;
  if (subject === undefined || more.length > 0) return undefined;
  if (what === 'node') return NODE_ID.test(subject) ? { kind: 'revoked-node' } : undefined;
  if (what === 'platform') return HEX.test(subject) ? { kind: 'revoked-platform' } : undefined;
  if (what === 'measurement') return HEX.test(subject) ? { kind: 'revoked-measurement' } : undefined;
  return undefined;
}

function readEpoch(kind: 'epoch' | 'revoked-epoch', [contract, epoch, ...more]: readonly string[]): FactKey | undefined {
  if (contract === undefined || epoch === undefined || more.length > 0) return undefined;
  if (contract !== CHANNEL_EPOCH && !CONTRACT_NAME.test(contract)) return undefined;
  return EPOCH.test(epoch) ? { kind, contract, epoch: BigInt(epoch) } : undefined;
}
