/** A diamond house: one organisation, one private data collection. */
export interface House {
  readonly name: string;
  readonly mspId: string;
  readonly collection: string;
}

export const HOUSES: readonly House[] = [
  { name: 'Aurora', mspId: 'AuroraMSP', collection: 'auroraStones' },
  { name: 'Borealis', mspId: 'BorealisMSP', collection: 'borealisStones' },
  { name: 'Celesta', mspId: 'CelestaMSP', collection: 'celestaStones' },
];

const known = HOUSES.map((house) => house.name).join(', ');

/** The house of an organisation. */
export function houseOf(mspId: string): House {
  const house = HOUSES.find((candidate) => candidate.mspId === mspId);
  if (house === undefined) throw new Error(`${mspId} is not a diamond house; the houses are ${known}`);
  return house;
}

/** A house by its name or MSP id. */
export function houseNamed(name: string): House {
  const house = HOUSES.find((candidate) => candidate.name === name || candidate.mspId === name);
  if (house === undefined) throw new Error(`"${name}" is not a diamond house; the houses are ${known}`);
  return house;
}
