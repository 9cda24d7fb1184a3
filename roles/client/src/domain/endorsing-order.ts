import type { NodeRotation } from './rotation.js';

/**
 * The order in which to try sets of organisations: those without an organisation that failed a moment ago first, then
 * the smaller, then in turn, so that equal sets share the load.
 */
export function orderSets(sets: readonly (readonly string[])[], rotation: NodeRotation): (readonly string[])[] {
  const known = [...new Set(sets.flat())].map((nodeId) => ({ nodeId }));
  const rank = new Map(rotation.order(known).map(({ nodeId }, i) => [nodeId, i]));
  const ranked = sets.map((set) => ({
    set,
    avoided: set.filter((mspId) => rotation.isAvoided(mspId)).length,
    ranks: set.map((mspId) => rank.get(mspId) ?? 0).sort((a, b) => a - b),
  }));
  ranked.sort((a, b) => a.avoided - b.avoided || a.set.length - b.set.length || compareRanks(a.ranks, b.ranks));
  return ranked.map(({ set }) => set);
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [i, rank] of a.entries()) if (rank !== b[i]) return rank - (b[i] ?? 0);
  return 0;
}
