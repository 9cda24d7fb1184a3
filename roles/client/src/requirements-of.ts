import type { Core, TargetData } from '@selvedge/protocol';
import type { ContractTerms } from './domain/contract-terms.js';
import { contractsOf, readRequirements, type Requirements } from './domain/requirements.js';
import type { Trust } from './trust.js';

/** What a transaction of these cores needs to become valid, by the terms of every contract that they touch. Throws what trust and readRequirements throw. */
export async function requirementsOf(trust: Pick<Trust, 'terms'>, cores: readonly Core[], { attachments }: Pick<TargetData, 'attachments'>): Promise<Requirements> {
  const terms = new Map(await Promise.all(contractsOf(cores).map(async (name) => [name, await trust.terms(name)] as const)));
  return readRequirements(cores, (name) => terms.get(name) as ContractTerms, attachments?.keyPolicies);
}
