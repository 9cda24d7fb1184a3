import type { StoredNames, WorkProgress } from '@selvedge/client';
import { table } from './terminal.js';

/** What was done so far. */
export function migrationText({ written, transactions, conflicts }: WorkProgress): string {
  return `${String(written)} entries seen to in ${String(transactions)} transactions, ${String(conflicts)} conflicts`;
}

/** Entries by collection and names. */
export function namesTable({ datasets }: StoredNames): string {
  const rows = datasets.map(({ dataset, isEnding, current, other, toCopy, unreadable }) => [
    dataset === '' ? 'world state' : dataset, String(current), String(other), String(toCopy), [...(unreadable === 0n ? [] : [`${String(unreadable)} under revoked key epochs`]), ...(isEnding ? ['end by themselves'] : [])].join(', '),
  ]);
  return table([['collection', 'current', 'other', 'to copy', ''], ...rows]);
}

/** Where a contract stands, and what comes next. */
export function phaseText({ phase, current, other, toCopy, left }: StoredNames): string {
  const epoch = String(current);
  if (phase === 'copying') return `names of epoch ${epoch} are copied to epoch ${String(other)}: ${String(toCopy)} left to copy; the contract takes no updates`;
  if (phase === 'clearing') return `names of epoch ${epoch}; those of epoch ${String(other)} are cleared: ${String(left)} left; the contract takes no updates`;
  return `names of epoch ${epoch}${left === 0n ? '' : `; ${String(left)} entries lie under others, where nothing reads them`}`;
}

/** Why a phase is not at its end. */
export function unfinishedText({ phase, toCopy, left, unreadable }: StoredNames): string {
  const rest = unreadable === 0n ? '' : `; ${String(unreadable)} lie under revoked key epochs, which nothing opens`;
  return phase === 'copying' ? `${String(toCopy)} entries have no copy under the new names yet${rest}` : `${String(left)} entries lie under the names that are cleared${rest}`;
}
