import { isSelvedgeError } from '@selvedge/errors';
import { parseEndorsementPolicy } from '@selvedge/policy';
import type { Deployment } from './deployment-schema.js';

/** How many ports an organisation's block of ports has: policy chaincode, node, and one for each contract. */
export const PORTS_PER_ORGANISATION = 20;

/** Settings that contradict each other, each as "setting: what is wrong". */
export function findContradictions(deployment: Deployment): string[] {
  const { organisations, keyBroker, keyBrokerReplicas, computeNodes, viewers, adminQuorum, viewQuorum, contracts, keyAccess, quorumFloors } = deployment;
  const mspIds = organisations.map((organisation) => organisation.mspId);
  const wrong = [...duplicates('organisations', mspIds), ...duplicates('contracts', contracts.map(({ name }) => name)), ...duplicates('keyAccess', keyAccess.map(({ contract }) => contract)), ...duplicates('quorumFloors', quorumFloors.map(({ teeType }) => teeType)), ...duplicates('computeNodes and viewers', [...computeNodes, ...viewers].map(({ nodeId }) => nodeId))];
  const requireKnown = (setting: string, named: readonly string[]): void => {
    for (const mspId of named) if (!mspIds.includes(mspId)) wrong.push(`${setting}: ${mspId} is not among the organisations`);
  };
  requireKnown('keyBroker.mspId', [keyBroker.mspId]);
  keyBrokerReplicas.forEach(({ mspId }, i) => {
    requireKnown(`keyBrokerReplicas.${String(i)}.mspId`, [mspId]);
  });
  computeNodes.forEach(({ mspId }, i) => {
    requireKnown(`computeNodes.${String(i)}.mspId`, [mspId]);
  });
  viewers.forEach(({ mspId }, i) => {
    const organisation = organisations.find((candidate) => candidate.mspId === mspId);
    // It reads its organisation's data from its organisation's business node, and from nobody else.
    if (organisation?.roles.includes('business') !== true) wrong.push(`viewers.${String(i)}.mspId: ${mspId} is no organisation that keeps data (role business)`);
  });
  for (const role of ['business', 'endorser'] as const) if (!organisations.some(({ roles }) => roles.includes(role))) wrong.push(`organisations: none has the role ${role}`);
  if (adminQuorum > mspIds.length) wrong.push(`adminQuorum: ${String(adminQuorum)} of ${String(mspIds.length)} organisations`);
  if (viewQuorum > mspIds.length) wrong.push(`viewQuorum: ${String(viewQuorum)} of ${String(mspIds.length)} organisations`);
  quorumFloors.forEach(({ count, distinctBy }, i) => {
    // Nothing would commit.
    const most = differentNodes(deployment, distinctBy);
    if (count > most) wrong.push(`quorumFloors.${String(i)}.count: ${String(count)} compute nodes distinct by ${distinctBy}, of ${String(most)}`);
  });
  wrong.push(...policyProblems('endorsementPolicy', deployment.endorsementPolicy, deployment));
  keyAccess.forEach(({ rules }, i) => {
    requireKnown(`keyAccess.${String(i)}.rules`, rules.map(({ operatorMspId }) => operatorMspId));
  });
  contracts.forEach((contract, i) => {
    requireKnown(`contracts.${String(i)}.keyAccess`, (contract.keyAccess ?? []).map(({ operatorMspId }) => operatorMspId));
    requireKnown(`contracts.${String(i)}.worldStateOwners`, contract.worldStateOwners ?? []);
    if (contract.endorsementPolicy !== undefined) wrong.push(...policyProblems(`contracts.${String(i)}.endorsementPolicy`, contract.endorsementPolicy, deployment));
  });
  if (contracts.length > PORTS_PER_ORGANISATION - 2) wrong.push(`contracts: at most ${String(PORTS_PER_ORGANISATION - 2)}`);
  return wrong;
}

/** How many of the compute nodes count as different at most. Each may run on a platform of its own; all have one type of TEE. */
function differentNodes({ computeNodes }: Deployment, distinctBy: Deployment['quorumFloors'][number]['distinctBy']): number {
  switch (distinctBy) {
    case 'platform':
      return computeNodes.length;
    case 'operator':
      return new Set(computeNodes.map(({ mspId }) => mspId)).size;
    case 'teeType':
      return 1;
  }
}

function duplicates(setting: string, names: readonly string[]): string[] {
  return names.filter((name, i) => names.indexOf(name) < i).map((name) => `${setting}: ${name} is listed twice`);
}

function policyProblems(setting: string, policy: string, { organisations }: Deployment): string[] {
  const endorsers = organisations.filter(({ roles }) => roles.includes('endorser')).map(({ mspId }) => mspId);
  try {
    const strangers = parseEndorsementPolicy(policy).mspIds.filter((mspId) => !endorsers.includes(mspId));
    return strangers.map((mspId) => `${setting}: ${mspId} is not an endorser among the organisations`);
  } catch (error) {
    if (isSelvedgeError(error)) return [`${setting}: ${error.message}`];
    throw error;
  }
}
