/** Each keeps its stones in the private collection of the house that it belongs to. */
export const WAREHOUSES = ['aurora', 'borealis'] as const;

/** What lies in a warehouse, or in all of them. */
export interface Count {
  readonly stones: number;
  /** Hundredths of a carat. */
  readonly points: number;
}

/** What a map was called with, and what it gave, as a reduce gets it. */
interface Part {
  readonly arguments: readonly string[];
  readonly result: string;
}

/** The collection of a warehouse. Throws for a name that is none. */
export function collectionOf(warehouse: string): string {
  if (!WAREHOUSES.some((known) => known === warehouse)) throw new Error(`there is no warehouse ${warehouse}`);
  return `${warehouse}Stock`;
}

/**
 * Sums counts, one of each warehouse. What each part was called with and gave is as compute nodes signed it; which parts there are is
 * the client's choice, so a warehouse that was left out or counted twice is found here, and nowhere else.
 * @param parts JSON, an array of parts
 */
export function sumCounts(parts: string): Count {
  const counted = JSON.parse(parts) as Part[];
  const names = counted.map((part) => part.arguments.join()).sort();
  if (names.join(' ') !== [...WAREHOUSES].sort().join(' ')) throw new Error(`each of ${WAREHOUSES.join(', ')} must be counted once; these were: ${names.join(', ')}`);
  const counts = counted.map(({ result }) => JSON.parse(result) as Count);
  return { stones: sum(counts.map(({ stones }) => stones)), points: sum(counts.map(({ points }) => points)) };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
