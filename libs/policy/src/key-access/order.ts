import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { compareBytes } from '@selvedge/crypto';
import { compareText, KeyAccessRuleSchema, type KeyAccessNamespace, type KeyAccessRule } from '@selvedge/protocol';

/** Rules with every list in the order that policies have; the rules' own order stays, and means nothing. */
export function orderKeyAccessRules(rules: readonly MessageInitShape<typeof KeyAccessRuleSchema>[]): KeyAccessRule[] {
  return rules.map((init) => {
    const rule = create(KeyAccessRuleSchema, init);
    return {
      ...rule,
      nodeIds: [...rule.nodeIds].sort(compareText),
      operatorCertificates: [...rule.operatorCertificates].sort(compareBytes),
      operatorNames: [...rule.operatorNames].sort(compareText),
      purposes: [...rule.purposes].sort(compareText),
    };
  });
}

/** A profile's namespaces in its order. */
export function orderKeyAccessNamespaces(namespaces: readonly KeyAccessNamespace[]): KeyAccessNamespace[] {
  return namespaces.map((namespace) => ({ ...namespace, rules: orderKeyAccessRules(namespace.rules) })).sort((a, b) => compareText(a.contract, b.contract));
}
