import type { ContractPolicy, KeyAccessRule } from '@selvedge/protocol';

/** A compute node as rules name it. */
export interface NamedNode {
  readonly nodeId: string;
  readonly operatorMspId: string;
}

/** Whether a compute node of this id, of whomever, may be one that the contract's rules admit. */
export function mayBeAdmitted({ keyAccess }: Pick<ContractPolicy, 'keyAccess'>, nodeId: string): boolean {
  return keyAccess.length === 0 || computeRules(keyAccess).some(({ nodeIds }) => nodeIds.length === 0 || nodeIds.includes(nodeId));
}

/** The compute nodes that the contract's rules admit; undefined: its rules do not name them one by one. */
export function namedNodes({ keyAccess }: Pick<ContractPolicy, 'keyAccess'>): NamedNode[] | undefined {
  const rules = computeRules(keyAccess);
  if (keyAccess.length === 0 || rules.some(({ nodeIds }) => nodeIds.length === 0)) return undefined;
  const nodes = rules.flatMap(({ nodeIds, operatorMspId }) => nodeIds.map((nodeId) => ({ nodeId, operatorMspId })));
  return nodes.filter((node, i) => nodes.findIndex((other) => other.nodeId === node.nodeId && other.operatorMspId === node.operatorMspId) === i);
}

/** Whether the contract's rules may admit a named compute node, whoever signs for it. */
export function mayAdmit({ keyAccess }: Pick<ContractPolicy, 'keyAccess'>, { nodeId, operatorMspId }: NamedNode): boolean {
  return keyAccess.length === 0 || computeRules(keyAccess).some((rule) => rule.operatorMspId === operatorMspId && (rule.nodeIds.length === 0 || rule.nodeIds.includes(nodeId)));
}

const computeRules = (rules: readonly KeyAccessRule[]): KeyAccessRule[] => rules.filter(({ role }) => role === 'compute');
