import type { MessageInitShape } from '@bufbuild/protobuf';
import type { KeyAccessNamespaceSchema, KeyAccessRuleSchema } from '@selvedge/protocol';
import type { JsonField } from '../profile-json/fields.js';

/** One namespace of a profile, as its readable form has it: {contract, rules}. Throws PROFILE_INVALID naming the field. */
export function readKeyAccessNamespace(field: JsonField): MessageInitShape<typeof KeyAccessNamespaceSchema> {
  const { contract, rules } = field.object(['contract', 'rules']);
  return { contract: contract.text(), rules: rules.list(readRule) };
}

function readRule(field: JsonField): MessageInitShape<typeof KeyAccessRuleSchema> {
  const { role, operatorMspId, nodeIds, operatorCertificates, operatorNames, purposes } = field.object(['role', 'operatorMspId', 'nodeIds', 'operatorCertificates', 'operatorNames', 'purposes']);
  const text = (item: JsonField): string => item.text();
  return {
    role: role.text(),
    operatorMspId: operatorMspId.text(),
    nodeIds: nodeIds.list(text),
    operatorCertificates: operatorCertificates.list((item) => item.hex()),
    operatorNames: operatorNames.list(text),
    purposes: purposes.list(text),
  };
}
