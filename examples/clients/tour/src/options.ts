import { parseArgs } from 'node:util';
import { SUITE_NAMES, type SuiteName } from '@selvedge/crypto';

export interface TourOptions {
  readonly ledger: 'embedded' | 'fabric';
  /** The network's only one; undefined: its default. */
  readonly suite: SuiteName | undefined;
  readonly stones: number;
  readonly seconds: number;
  readonly directory: string | undefined;
}

/** Three in each house are traded, and each of its eight lanes of updates has one of its own. */
const MIN_STONES = 33;
/** So many are in the data set. */
const MAX_STONES = 53_940;

export const USAGE = `Usage: npm start -- [options]

  --ledger NAME    embedded (default) or fabric: a native Hyperledger Fabric network; needs Fabric's programs on PATH
  --suite NAME     crypto suite: ${SUITE_NAMES.join(', ')}
  --stones N       stones to load through the whole path (default 5400, at least ${String(MIN_STONES)}, at most ${String(MAX_STONES)})
  --seconds N      length of each throughput measurement (default 5)
  --dir DIR        keep the network's files in DIR instead of a temporary folder
  --help           this text`;

/** Parses the command line. Throws RangeError or TypeError with a readable text. */
export function parseTourOptions(args: readonly string[]): TourOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: { ledger: { type: 'string' }, suite: { type: 'string' }, stones: { type: 'string' }, seconds: { type: 'string' }, dir: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help === true) return 'help';
  return { ledger: ledgerOf(values.ledger ?? 'embedded'), suite: suiteOf(values.suite), stones: number('--stones', values.stones ?? '5400', MIN_STONES, MAX_STONES), seconds: number('--seconds', values.seconds ?? '5', 1, 600), directory: values.dir };
}

function ledgerOf(text: string): TourOptions['ledger'] {
  if (text === 'embedded' || text === 'fabric') return text;
  throw new RangeError(`--ledger: embedded or fabric is expected, not "${text}"`);
}

function suiteOf(text: string | undefined): SuiteName | undefined {
  const found = SUITE_NAMES.find((name) => name === text);
  if (text !== undefined && found === undefined) throw new RangeError(`--suite: one of ${SUITE_NAMES.join(', ')} is expected, not "${text}"`);
  return found;
}

function number(name: string, text: string, minimum: number, maximum: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw new RangeError(`${name}: a whole number from ${String(minimum)} to ${String(maximum)} is expected, not "${text}"`);
  }
  return value;
}
