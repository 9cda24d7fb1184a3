import { toHex } from '@selvedge/crypto';
import { facts, parseContractPolicy, verifySignedProfile, type Profile } from '@selvedge/policy';
import type { ContractFacts, LedgerFacts, ProfileFacts } from './facts.js';

const WORLD_STATE = 'the world state';

/** What a diagnosis needs of a profile. */
export function profileFactsOf({ digest, message }: Pick<Profile, 'digest' | 'message'>): ProfileFacts {
  return { version: message.version, digest: toHex(digest), allowSimulated: message.allowSimulated };
}

/** What a diagnosis needs of the facts on a ledger. Throws POLICY_MALFORMED, PROFILE_INVALID or PROFILE_SIGNATURES_MISSING. */
export function ledgerFactsOf(entries: readonly { readonly key: string; readonly value: Uint8Array }[]): LedgerFacts {
  const below = (prefix: string): { readonly rest: string; readonly value: Uint8Array }[] =>
    entries.flatMap(({ key, value }) => (key.startsWith(prefix) ? [{ rest: key.slice(prefix.length), value }] : []));
  const profile = entries.find(({ key }) => key === facts.profile)?.value;
  return {
    profile: profile === undefined ? undefined : profileFactsOf(verifySignedProfile(profile)),
    revokedNodes: below(facts.revokedNode('')).map(({ rest }) => rest),
    revokedMeasurements: below(facts.revokedMeasurement(new Uint8Array(0))).map(({ rest }) => rest),
    contracts: below(facts.contract('')).map(({ value }) => contractFactsOf(value)),
  };
}

function contractFactsOf(bytes: Uint8Array): ContractFacts {
  const { name, codeHash, ownerSets, datasets } = parseContractPolicy(bytes);
  const datasetsOf = (set: string): string => datasets.filter(({ ownerSet }) => ownerSet === set).map((dataset) => (dataset.name === '' ? WORLD_STATE : `collection ${dataset.name}`)).join(', ');
  return {
    name,
    codeHash: toHex(codeHash),
    owners: ownerSets.flatMap((set) => set.owners.map((mspId) => ({ mspId, ownerSet: datasetsOf(set.name) }))),
    members: datasets.flatMap((dataset) => dataset.members.map((mspId) => ({ mspId, dataset: dataset.name }))),
  };
}
