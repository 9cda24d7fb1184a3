import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { Identity } from '@selvedge/identity';
import type { ContractPolicy, KeyAccessRule, NetworkProfile } from '@selvedge/protocol';
import { describeRules } from './describe.js';
import { viewingRights } from '../viewing.js';
import { ANY_CONTRACT, VIEWER_PURPOSES, type ViewerPurpose } from './rules.js';

/** Who holds or asks for keys. A TeeBinding is one. */
export interface KeyHolder {
  readonly role: string;
  readonly nodeId: string;
  readonly operatorMspId: string;
  /** SHA-256 of the certificate, DER, that signed for the node. */
  readonly operatorCertificateHash: Uint8Array;
  /** Common name in it. */
  readonly operatorName: string;
}

/** A node whose operator's identity was verified. */
export function keyHolderOf({ mspId, certificateHash, commonName }: Identity, { role, nodeId }: Pick<KeyHolder, 'role' | 'nodeId'>): KeyHolder {
  return { role, nodeId, operatorMspId: mspId, operatorCertificateHash: certificateHash, operatorName: commonName };
}

/** What a holder may have of a contract's keys: what a viewer may open with them (a compute node needs every key), or why nothing. */
export type KeyAccess = { readonly purposes: readonly ViewerPurpose[] } | { readonly denial: KeyAccessDenial };

/** The namespace whose rules refuse, in words, with what was seen and what was expected. */
export interface KeyAccessDenial {
  readonly namespace: string;
  readonly seen: string;
  readonly expected: string;
}

/** Rules that one party wrote. */
interface RuleSet {
  readonly namespace: string;
  readonly rules: readonly KeyAccessRule[];
}

/** The rules that count for a contract. */
export interface KeyAccessPolicies {
  readonly profile: Pick<NetworkProfile, 'keyAccess'>;
  readonly policy: ContractPolicy;
}

/**
 * What of a contract's keys somebody may have, by the rules of the profile for the contract, or else for all, and by those of
 * the contract's policy. Each set of rules can only take away; without rules, nothing is taken. undefined: a viewer whose
 * organisation has no right to open anything of it, whatever the rules say.
 */
export function keyAccess(holder: KeyHolder, { profile, policy }: KeyAccessPolicies): KeyAccess | undefined {
  const wanted = holder.role === 'viewer' ? viewerPurposes(policy, holder.operatorMspId) : VIEWER_PURPOSES;
  if (wanted.length === 0) return undefined;
  return judge(holder, wanted, [profileRules(profile, policy.name), { namespace: `contract ${policy.name}`, rules: policy.keyAccess }]);
}

function viewerPurposes(policy: ContractPolicy, mspId: string): ViewerPurpose[] {
  const rights = viewingRights(policy, mspId);
  return VIEWER_PURPOSES.filter((purpose) => rights[purpose]);
}

/**
 * Why a party can have no key of any contract that the profile says nothing of, nor of those that it names: the profile has
 * rules for all contracts, and names it nowhere. undefined: it may have some.
 */
export function profileDenial(holder: KeyHolder, { keyAccess: namespaces }: KeyAccessPolicies['profile']): KeyAccessDenial | undefined {
  if (namespaces.some(({ rules }) => rules.some((rule) => isMet(rule, holder)))) return undefined;
  const access = judge(holder, VIEWER_PURPOSES, [profileRules({ keyAccess: namespaces }, ANY_CONTRACT)]);
  return 'denial' in access ? access.denial : undefined;
}

/** Throws KEY_ACCESS_DENIED, with the rules, what was seen and what was expected in text and details. */
export function verifyKeyAccess(holder: KeyHolder, policies: KeyAccessPolicies): void {
  const access = keyAccess(holder, policies);
  if (access !== undefined && 'denial' in access) throw keyAccessDenied(policies.policy.name, access.denial);
}

/** The refusal of a denial. @param contract undefined: of whichever contract */
export function keyAccessDenied(contract: string | undefined, denial: KeyAccessDenial): SelvedgeError {
  const what = contract === undefined ? 'keys' : `keys of contract ${contract}`;
  return new SelvedgeError('KEY_ACCESS_DENIED', `${what}: ${describeDenial(denial)}`, { details: { ...(contract === undefined ? {} : { contract }), ...denial } });
}

/** For messages and the audit log. */
export function describeDenial({ namespace, seen, expected }: KeyAccessDenial): string {
  return `rules of ${namespace}: saw ${seen}, expected ${expected}`;
}

/** A contract's own namespace stands instead of the one for all. */
function profileRules({ keyAccess: namespaces }: KeyAccessPolicies['profile'], contract: string): RuleSet {
  const found = namespaces.find((namespace) => namespace.contract === contract) ?? namespaces.find((namespace) => namespace.contract === ANY_CONTRACT);
  return { namespace: `network profile for ${found?.contract ?? contract}`, rules: found?.rules ?? [] };
}

function judge(holder: KeyHolder, wanted: readonly ViewerPurpose[], sets: readonly RuleSet[]): KeyAccess {
  let purposes = wanted;
  for (const { namespace, rules } of sets.filter((set) => set.rules.length > 0)) {
    const met = rules.filter((rule) => isMet(rule, holder));
    const left = purposes.filter((purpose) => met.some((rule) => rule.purposes.length === 0 || rule.purposes.includes(purpose)));
    if (left.length === 0) return { denial: { namespace, seen: describeHolder(holder, rules, purposes), expected: describeRules(rules, holder.role) } };
    purposes = left;
  }
  return { purposes };
}

function isMet(rule: KeyAccessRule, holder: KeyHolder): boolean {
  if (rule.role !== holder.role) return false;
  if (rule.operatorMspId !== holder.operatorMspId) return false;
  if (rule.nodeIds.length > 0 && !rule.nodeIds.includes(holder.nodeId)) return false;
  if (rule.operatorCertificates.length > 0 && !rule.operatorCertificates.some((hash) => equalBytes(hash, holder.operatorCertificateHash))) return false;
  return rule.operatorNames.length === 0 || rule.operatorNames.includes(holder.operatorName);
}

/** As much of a holder as the rules ask about. @param purposes what it would open with the keys */
function describeHolder({ role, nodeId, operatorMspId, operatorCertificateHash, operatorName }: KeyHolder, rules: readonly KeyAccessRule[], purposes: readonly ViewerPurpose[]): string {
  const name = rules.some(({ operatorNames }) => operatorNames.length > 0) ? `, operator name ${JSON.stringify(operatorName)}` : '';
  const certificate = rules.some(({ operatorCertificates }) => operatorCertificates.length > 0) ? `, operator certificate ${toHex(operatorCertificateHash)}` : '';
  const uses = role !== 'viewer' ? '' : ` for ${purposes.join(' and ')}`;
  return `${role} node ${nodeId} of ${operatorMspId}${name}${certificate}${uses}`;
}
