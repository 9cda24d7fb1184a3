import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { ContractPolicySchema, LIMITS, encodeMessage, parseMessage, type ContractPolicy, type Dataset, type OrganisationMapping } from '@selvedge/protocol';
import { checkContractPolicy } from './contract-policy-checks.js';
import { parseEndorsementPolicy } from './endorsement/parse.js';
import { blockToLiveOf } from './block-to-live.js';
import { verifyDatasetsStand } from './datasets-stand.js';
import type { Profile } from './profile.js';
import { isOlderVersion } from './version-order.js';

/** Parses and checks a ContractPolicy by itself: names, references, policy texts. Throws POLICY_MALFORMED. */
export function parseContractPolicy(bytes: Uint8Array): ContractPolicy {
  const policy = parse(bytes);
  // Fields that this release does not know would pass unseen, though organisations approved them.
  if (!equalBytes(encodeMessage(ContractPolicySchema, policy), bytes)) throw new SelvedgeError('POLICY_MALFORMED', 'contract policy: unknown fields, or not encoded canonically');
  checkContractPolicy(policy);
  return policy;
}

function parse(bytes: Uint8Array): ContractPolicy {
  try {
    return parseMessage(ContractPolicySchema, bytes, LIMITS.maxFactBytes);
  } catch (cause) {
    throw new SelvedgeError('POLICY_MALFORMED', 'contract policy: does not parse, or is too large', { cause });
  }
}

/**
 * Checks a contract's policy against the profile (its organisations and suites) and the one that it replaces, whose
 * policy version it must exceed by one, whose version number it must not fall behind and whose datasets it must keep.
 * Throws POLICY_MALFORMED, CONTRACT_DOWNGRADE, CONTRACT_DATASET_DROPPED.
 */
export function verifyContractPolicy(policy: ContractPolicy, profile: Profile, previous: ContractPolicy | undefined): void {
  const refuse = (what: string): SelvedgeError => new SelvedgeError('POLICY_MALFORMED', `contract ${policy.name}: ${what}`);
  const known = new Set(profile.msps.mspIds);
  const requireKnown = (what: string, mspIds: readonly string[]): void => {
    const unknown = mspIds.find((mspId) => !known.has(mspId));
    if (unknown !== undefined) throw refuse(`${what} names ${unknown}, which the network profile does not list`);
  };
  if (!profile.message.allowedSuites.includes(policy.suite)) throw refuse(`suite ${policy.suite} is not allowed by the network profile`);
  const version = (previous?.policyVersion ?? 0n) + 1n;
  if (policy.policyVersion !== version) throw refuse(`policy_version ${String(policy.policyVersion)}, ${String(version)} expected`);
  verifyNoDowngrade(policy, previous);
  verifyDatasetsStand(policy, profile, previous);
  requireKnown('the endorsement policy', parseEndorsementPolicy(policy.endorsementPolicy).mspIds);
  for (const set of policy.ownerSets) {
    requireKnown(`owner set ${set.name}`, set.owners);
    requireKnown(`the endorsement policy of owner set ${set.name}`, parseEndorsementPolicy(set.endorsementPolicy).mspIds);
  }
  for (const dataset of policy.datasets) requireKnown(`dataset ${dataset.name}`, dataset.members);
  for (const dataset of policy.datasets) verifySameMode(dataset, previous, refuse);
  for (const dataset of policy.datasets) verifySameTakeOver(dataset, previous, refuse);
  for (const dataset of policy.datasets) verifyNoNewMember(dataset, previous, refuse);
  for (const { name } of policy.ownerSets) verifySameLife(name, policy, previous, refuse);
  requireKnown('the organisation map', policy.organisationMap.map((mapping) => mapping.endorserMspId));
  for (const mapping of previous?.organisationMap ?? []) verifyMappingStands(mapping, policy, refuse);
  requireKnown('the list of event readers', policy.eventReaders);
  requireKnown('a key access rule', policy.keyAccess.map(({ operatorMspId }) => operatorMspId));
  requireKnown('the gate', policy.gateOrganisations);
  if (policy.gatedFunctions.length > 0 && policy.gateOrganisations.length === 0) throw refuse('it has gated functions and names no gate');
}

/** Code that was replaced, perhaps for a flaw, does not return under its old number; the same number may name new code. */
function verifyNoDowngrade({ name, version }: ContractPolicy, previous: ContractPolicy | undefined): void {
  if (previous === undefined || !isOlderVersion(version, previous.version)) return;
  throw new SelvedgeError('CONTRACT_DOWNGRADE', `contract ${name}: version ${version} is older than ${previous.version}, which is on the ledger`);
}

/** Key-level policies on the ledger count on their mapping, and peers of a Fabric channel keep them as they were mapped. */
function verifyMappingStands({ chaincodeMspId, endorserMspId }: OrganisationMapping, policy: ContractPolicy, refuse: (what: string) => SelvedgeError): void {
  const isKept = policy.organisationMap.some((mapping) => mapping.chaincodeMspId === chaincodeMspId && mapping.endorserMspId === endorserMspId);
  if (!isKept) throw refuse(`the organisation map changes for ${chaincodeMspId}`);
}

/** What was written before has no copies, or is kept in plaintext for good. */
function verifySameMode({ name, mode }: Dataset, previous: ContractPolicy | undefined, refuse: (what: string) => SelvedgeError): void {
  const before = previous?.datasets.find((dataset) => dataset.name === name)?.mode;
  if (before !== undefined && before !== mode) throw refuse(`the storage mode of dataset ${name} changes`);
}

/** Keys that lie in packets have no legacy entries, and legacy entries would be out of reach. */
function verifySameTakeOver({ name, takesOver }: Dataset, previous: ContractPolicy | undefined, refuse: (what: string) => SelvedgeError): void {
  const before = previous?.datasets.find((dataset) => dataset.name === name)?.takesOver;
  if (before !== undefined && before !== takesOver) throw refuse(`dataset ${name} takes a collection over from its first policy on, or never`);
}

/** Fabric would give a new member the old values. */
function verifyNoNewMember({ name, takesOver, members }: Dataset, previous: ContractPolicy | undefined, refuse: (what: string) => SelvedgeError): void {
  const before = previous?.datasets.find((dataset) => dataset.name === name)?.members ?? members;
  const added = members.filter((mspId) => !before.includes(mspId));
  if (takesOver && added.length > 0) throw refuse(`dataset ${name} takes a collection over, and ${added.join(', ')} as a new member would be given its old values`);
}

/** As on Fabric, a collection's blockToLive stands for good: what was written counts on it. */
function verifySameLife(ownerSet: string, policy: ContractPolicy, previous: ContractPolicy | undefined, refuse: (what: string) => SelvedgeError): void {
  if (previous?.ownerSets.some(({ name }) => name === ownerSet) !== true) return;
  if (blockToLiveOf(policy, ownerSet) !== blockToLiveOf(previous, ownerSet)) throw refuse(`the block_to_live of owner set ${ownerSet} changes`);
}
