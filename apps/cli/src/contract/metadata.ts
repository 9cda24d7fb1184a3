import { z } from 'zod';

/** A contract of a package and its functions, by its own metadata. */
export interface DescribedContract {
  readonly name: string;
  readonly functions: readonly string[];
}

const schema = z.object({ contracts: z.record(z.string(), z.object({ transactions: z.array(z.object({ name: z.string() })).optional() })) });
/** The contract API's own. */
const SYSTEM = 'org.hyperledger.fabric';
const MAX_CHARACTERS = 1024 * 1024;

/** Contracts and functions out of the metadata of Fabric's contract API; undefined for anything else. */
export function parseMetadata(text: string): DescribedContract[] | undefined {
  if (text.length > MAX_CHARACTERS) return undefined;
  try {
    const { contracts } = schema.parse(JSON.parse(text));
    return Object.entries(contracts)
      .filter(([name]) => name !== SYSTEM)
      .map(([name, { transactions = [] }]) => ({ name, functions: transactions.map((transaction) => transaction.name) }));
  } catch {
    return undefined;
  }
}

/** For messages. */
export function describeContracts(contracts: readonly DescribedContract[]): string {
  return contracts.map(({ name, functions }) => `${name}: ${functions.join(', ')}`).join('\n');
}
