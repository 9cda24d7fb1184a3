import type { PolicyView } from '@selvedge/console';
import { isFactKey, parseFactKey } from '@selvedge/policy';
import type { ContractList } from '../contract/list.js';
import { describeFact } from '../describe-fact.js';

/** Policy as `selvedge policy show` and `selvedge contract list` print it. */
export function policyView(present: readonly { readonly key: string; readonly value: Uint8Array }[], { contracts, proposals }: ContractList): PolicyView {
  return {
    facts: present.map(({ key, value }) => ({ key, bytes: value.length, value: describe(key, value) })),
    contracts: contracts.map(({ name, version, policyVersion, codeHash, blockNumber }) => ({ name, version, policyVersion: String(policyVersion), codeHash, block: blockNumber === undefined ? '' : String(blockNumber) })),
    proposals: proposals.map(({ name, version, approvedBy, missing, needed, state }) => ({ name, version, approvedBy, missing, needed, state })),
    revocations: present.flatMap(({ key }) => {
      const kind = isFactKey(key) ? parseFactKey(key).kind : undefined;
      const what = kind === undefined ? undefined : REVOKED[kind];
      return what === undefined ? [] : [{ what, subject: key.split('/').slice(kind === 'revocation-lists' ? 1 : 2).join('/') }];
    }),
  };
}

const REVOKED: Readonly<Partial<Record<ReturnType<typeof parseFactKey>['kind'], string>>> = {
  'revoked-node': 'node',
  'revoked-platform': 'platform',
  'revoked-measurement': 'measurement',
  'revoked-epoch': 'key epoch',
  'revocation-lists': 'certificates, by a list of',
};

function describe(key: string, value: Uint8Array): string {
  const described = describeFact(key, value);
  return typeof described === 'string' ? described : JSON.stringify(described, undefined, 2);
}
