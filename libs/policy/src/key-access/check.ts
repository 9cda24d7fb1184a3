import { toHex } from '@selvedge/crypto';
import type { SelvedgeError } from '@selvedge/errors';
import type { KeyAccessNamespace, KeyAccessRule } from '@selvedge/protocol';
import { CONTRACT_NAME, MSP_ID, NODE_ID, isStrictlyAscending } from '../names.js';
import { ANY_CONTRACT, KEY_ACCESS_ROLES, VIEWER_PURPOSES } from './rules.js';

const MAX_RULES = 64;
const MAX_NAMESPACES = 256;
const MAX_LIST_ENTRIES = 64;
const HASH_CHARACTERS = 64;
/** A common name (RFC 5280, appendix A.1: 64 characters at most), without signs that would mislead in a log. */
const COMMON_NAME = /^[^\p{Cc}\p{Cf}]{1,64}$/u;

/** Makes the refusal of what holds the rules. */
export type Refuse = (what: string) => SelvedgeError;

/** Checks the namespaces of a profile by themselves. Throws what refuse makes. */
export function checkKeyAccessNamespaces(namespaces: readonly KeyAccessNamespace[], refuse: Refuse): void {
  if (namespaces.length > MAX_NAMESPACES) throw refuse(`key_access: more than ${String(MAX_NAMESPACES)} namespaces`);
  for (const { contract, rules } of namespaces) {
    if (contract !== ANY_CONTRACT && !CONTRACT_NAME.test(contract)) throw refuse(`key_access: a contract’s name or ${ANY_CONTRACT} expected as namespace`);
    if (rules.length === 0) throw refuse(`key_access of ${contract}: no rule, so nobody could have a key; leave the namespace out to let everybody`);
    checkKeyAccessRules(rules, (what) => refuse(`key_access of ${contract}: ${what}`));
  }
  if (!isStrictlyAscending(namespaces.map(({ contract }) => contract))) throw refuse('key_access: namespaces are not sorted by contract and unique');
}

/** Checks rules by themselves. Throws what refuse makes, naming the rule by its place. */
export function checkKeyAccessRules(rules: readonly KeyAccessRule[], refuse: Refuse): void {
  if (rules.length > MAX_RULES) throw refuse(`more than ${String(MAX_RULES)} rules`);
  rules.forEach((rule, i) => {
    checkRule(rule, (what) => refuse(`rule ${String(i)}: ${what}`));
  });
}

function checkRule({ role, operatorMspId, nodeIds, operatorCertificates, operatorNames, purposes }: KeyAccessRule, refuse: Refuse): void {
  if (!KEY_ACCESS_ROLES.some((known) => known === role)) throw refuse(`role: ${KEY_ACCESS_ROLES.join(' or ')} expected`);
  if (!MSP_ID.test(operatorMspId)) throw refuse('operator_msp_id: an MSP id expected');
  checkList('node_ids', nodeIds, (nodeId) => NODE_ID.test(nodeId), refuse);
  checkList('operator_certificates', operatorCertificates.map(toHex), (hash) => hash.length === HASH_CHARACTERS, refuse);
  checkList('operator_names', operatorNames, (name) => COMMON_NAME.test(name), refuse);
  checkList('purposes', purposes, (purpose) => VIEWER_PURPOSES.some((known) => known === purpose), refuse);
  // A compute node that lacks one key of a contract cannot run it.
  if (role !== 'viewer' && purposes.length > 0) throw refuse(`purposes: for viewers only; a ${role} node needs every key`);
}

function checkList(what: string, items: readonly string[], isProper: (item: string) => boolean, refuse: Refuse): void {
  if (items.length > MAX_LIST_ENTRIES) throw refuse(`${what}: more than ${String(MAX_LIST_ENTRIES)}`);
  const wrong = items.findIndex((item) => !isProper(item));
  if (wrong >= 0) throw refuse(`${what}: entry ${String(wrong)} is not proper`);
  if (!isStrictlyAscending(items)) throw refuse(`${what}: not sorted, or one occurs twice`);
}
