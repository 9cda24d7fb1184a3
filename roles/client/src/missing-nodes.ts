import { missingNodes, type CountedAnswer } from './domain/missing-nodes.js';
import type { Trust } from './trust.js';

/** missingNodes by the ledger's policies. Throws what trust throws. */
export async function missingFor(trust: Pick<Trust, 'terms' | 'view'>, contracts: readonly string[], answers: readonly CountedAnswer[]): Promise<number> {
  const terms = await Promise.all(contracts.map((name) => trust.terms(name)));
  const { profile } = await trust.view();
  return missingNodes(answers, { profile: profile.message, policies: terms.map(({ policy }) => policy) });
}
