import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What one stone's journals tell: the prices that were tried, and those whose commit was acknowledged. */
export interface StoneJournal {
  readonly lastAcknowledged: number;
  readonly lastTried: number;
  /** Whether the last try has had no answer yet. */
  readonly isWaiting: boolean;
  /** Acknowledged commits so far. */
  readonly commits: number;
  readonly acknowledgedPrices: readonly number[];
  /** Their transaction ids, in so far as the client was told. */
  readonly acknowledged: readonly string[];
  /** Prices whose refusal says that they are not committed. */
  readonly refusedPrices: readonly number[];
  readonly refusals: Readonly<Record<string, number>>;
}

/** Refusals that leave open whether the transaction is committed. */
const UNDECIDED: ReadonlySet<string> = new Set(['COMMIT_UNKNOWN', 'DUPLICATE_TXID']);

/** Where a client notes the transaction ids that compute nodes answered, beside the network's file: one or, of a batch, several in a line. */
export function idsOf(networkFile: string, contract: string): string {
  return path.join(path.dirname(networkFile), `${contract}.ids`);
}

/** The ids of such a file, each once. */
export function readIds(file: string): string[] {
  return [...new Set(readFileSync(file, 'utf8').split('\n').slice(0, -1).flatMap((line) => line.split(',')))];
}

/** A stone's journal, beside the network's file. */
export function journalOf(networkFile: string, stone: string): string {
  return path.join(path.dirname(networkFile), `${stone}.journal`);
}

/** Reads a journal of client-worker; a last line that a kill cut in two is left out. */
export function readJournal(file: string): StoneJournal {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const lines = text.split('\n').slice(0, -1);
  const acknowledged: string[] = [];
  const acknowledgedPrices: number[] = [];
  const refusedPrices: number[] = [];
  const refusals: Record<string, number> = {};
  let lastAcknowledged = 0;
  let lastTried = 0;
  let commits = 0;
  for (const line of lines) {
    const [word, price, rest = ''] = line.split(' ');
    if (word === 'try') lastTried = Number(price);
    if (word === 'ack') {
      lastAcknowledged = Number(price);
      commits += 1;
      acknowledgedPrices.push(Number(price));
      if (rest !== '') acknowledged.push(rest);
    }
    if (word === 'refused') {
      refusals[rest] = (refusals[rest] ?? 0) + 1;
      if (!UNDECIDED.has(rest)) refusedPrices.push(Number(price));
    }
  }
  return { lastAcknowledged, lastTried, isWaiting: lines.at(-1)?.startsWith('try ') === true, commits, acknowledgedPrices, acknowledged, refusedPrices, refusals };
}
