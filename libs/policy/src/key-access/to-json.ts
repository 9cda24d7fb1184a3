import { toHex } from '@selvedge/crypto';
import type { KeyAccessNamespace, KeyAccessRule } from '@selvedge/protocol';

/** Readable form of a profile's namespace: hashes as hex, empty lists left out. */
export function keyAccessToJson({ contract, rules }: KeyAccessNamespace): Record<string, unknown> {
  return { contract, rules: rules.map(writeRule) };
}

function writeRule({ role, operatorMspId, nodeIds, operatorCertificates, operatorNames, purposes }: KeyAccessRule): Record<string, unknown> {
  const lists = Object.entries({ nodeIds, operatorCertificates: operatorCertificates.map(toHex), operatorNames, purposes });
  return { role, operatorMspId, ...Object.fromEntries(lists.filter(([, items]) => items.length > 0)) };
}
