import { SelvedgeError } from '@selvedge/errors';

/** A contract of a transaction, and the organisations whose peers run its endorsement chaincode. */
export interface EndorsedContract {
  readonly name: string;
  /** MSP ids. */
  readonly endorsers: readonly string[];
}

/**
 * Of sets of organisations, those that can endorse a transaction of all these contracts: the invoked contract's
 * endorsement chaincode calls the others on the same peer, so each organisation must run every one of them.
 * Throws CALLED_ENDORSERS_DIFFER, naming who lacks which, when there are sets and none is left.
 */
export function setsThatRunAll(sets: readonly (readonly string[])[], contracts: readonly EndorsedContract[]): readonly (readonly string[])[] {
  const able = sets.filter((set) => set.every((mspId) => contracts.every(({ endorsers }) => endorsers.includes(mspId))));
  if (able.length > 0 || sets.length === 0) return able;
  const lacks = contracts.flatMap(({ name, endorsers }) => {
    const without = [...new Set(sets.flat())].filter((mspId) => !endorsers.includes(mspId));
    return without.length === 0 ? [] : [`${without.join(', ')} cannot endorse ${name}`];
  });
  const names = contracts.map(({ name }) => name).join(', ');
  throw new SelvedgeError('CALLED_ENDORSERS_DIFFER', `on Fabric, whoever endorses a transaction of ${names} must endorse each of these contracts, and ${lacks.join('; ')}`);
}
