import { parseJson } from './stone';

/** What a buyer looks for. Bounds are inclusive; what is left out does not matter. */
export interface Specification {
  readonly cut?: string;
  readonly color?: string;
  readonly clarity?: string;
  readonly minCarat?: number;
  readonly maxCarat?: number;
  readonly minPrice?: number;
  readonly maxPrice?: number;
  /** At most this many stones in the answer; the cheapest first. */
  readonly limit?: number;
}

/** What the index tells of a stone. */
export interface Listing {
  readonly cut: string;
  readonly color: string;
  readonly clarity: string;
  readonly id: string;
  readonly carat: number;
  readonly price: number;
}

const TEXTS = ['cut', 'color', 'clarity'] as const;
const NUMBERS = ['minCarat', 'maxCarat', 'minPrice', 'maxPrice', 'limit'] as const;

/** Parses a specification, such as {"cut":"Ideal","minCarat":1,"maxPrice":5000}. */
export function parseSpecification(source: string): Specification {
  const value = parseJson(source, 'the specification');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('the specification must be a JSON object');
  const fields = value as Record<string, unknown>;
  for (const name of Object.keys(fields)) requireField(name, fields[name]);
  return fields;
}

function requireField(name: string, value: unknown): void {
  const isText = (TEXTS as readonly string[]).includes(name);
  const isNumber = (NUMBERS as readonly string[]).includes(name);
  if (!isText && !isNumber) throw new Error(`the specification has no field "${name}"; it has ${[...TEXTS, ...NUMBERS].join(', ')}`);
  if (isText && (typeof value !== 'string' || value === '')) throw new Error(`${name} must be a text`);
  if (isNumber && (typeof value !== 'number' || value < 0)) throw new Error(`${name} must be a number of at least 0`);
}

/** The leading attributes of the index that a specification fixes. */
export function indexPrefix(specification: Specification): string[] {
  const prefix: string[] = [];
  for (const name of TEXTS) {
    const value = specification[name];
    if (value === undefined) break;
    prefix.push(value);
  }
  return prefix;
}

/** Whether a stone is what the buyer looks for. */
export function matches(specification: Specification, listing: Listing): boolean {
  if (TEXTS.some((name) => specification[name] !== undefined && specification[name] !== listing[name])) return false;
  if (listing.carat < (specification.minCarat ?? 0) || listing.carat > (specification.maxCarat ?? Number.POSITIVE_INFINITY)) return false;
  return listing.price >= (specification.minPrice ?? 0) && listing.price <= (specification.maxPrice ?? Number.POSITIVE_INFINITY);
}

/** Order of the answer: cheapest first, then by id, so that it never depends on who asks whom first. */
export function compareListings(a: Listing, b: Listing): number {
  if (a.price !== b.price) return a.price - b.price;
  return a.id < b.id ? -1 : 1;
}
