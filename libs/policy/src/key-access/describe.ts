import { toHex } from '@selvedge/crypto';
import type { KeyAccessRule } from '@selvedge/protocol';

/** Rules and entries that a message lists. */
const MAX_LISTED = 8;

/** What rules admit in a role, for messages of bounded length. */
export function describeRules(rules: readonly KeyAccessRule[], role: string): string {
  const ofRole = rules.filter((rule) => rule.role === role);
  if (ofRole.length === 0) return `no ${role} node at all`;
  return listed(ofRole.map(describeRule), ', or ');
}

/** One rule in words. */
export function describeRule({ role, operatorMspId, nodeIds, operatorCertificates, operatorNames, purposes }: KeyAccessRule): string {
  const nodes = nodeIds.length === 0 ? 'any' : listed(nodeIds, ' or ');
  const names = operatorNames.length === 0 ? '' : `, operator name ${listed(operatorNames.map((name) => JSON.stringify(name)), ' or ')}`;
  const certificates = operatorCertificates.length === 0 ? '' : `, operator certificate ${listed(operatorCertificates.map(toHex), ' or ')}`;
  const uses = purposes.length === 0 ? '' : ` for ${purposes.join(' and ')}`;
  return `${role} node ${nodes} of ${operatorMspId}${names}${certificates}${uses}`;
}

function listed(items: readonly string[], separator: string): string {
  const more = items.length - MAX_LISTED;
  return [...items.slice(0, MAX_LISTED), ...(more > 0 ? [`${String(more)} more`] : [])].join(separator);
}
