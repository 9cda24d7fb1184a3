import { parseFactKey } from '@selvedge/policy';

/**
 * How many approvals a change needs, one of whose is that of an organisation: an organisation's own is enough where nothing but
 * its revocation lists changes.
 * @param keys of the facts that change
 */
export function approvalsNeeded(keys: readonly string[], mspId: string, adminQuorum: number): number {
  const owners = new Set(keys.map(parseFactKey).map((key) => (key.kind === 'revocation-lists' ? key.mspId : undefined)));
  return owners.has(undefined) || !owners.has(mspId) ? adminQuorum : Math.min(owners.size, adminQuorum);
}
