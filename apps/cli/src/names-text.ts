import type { StoredNames, WorkProgress } from '@selvedge/client';
import { table } from './terminal.js';

/** What was done so far. */
export function migrationText({ written, transactions, conflicts }: WorkProgress): string {
  return `${String(written)} entries seen to in ${String(transactions)} transactions, ${String(conflicts)} conflicts`;
}

/** Entries by collection and names. */
export function namesTable({ datasets }: StoredNames): string {
  const rows = datasets.map(({ dataset, isEnding, current, other, strays, toCopy, unreadable }) => [
    dataset === '' ? 'world state' : dataset, String(current), String(other), String(toCopy),
    [...(unreadable === 0n ? [] : [`${String(unreadable)} under revoked key epochs`]), ...(strays === 0n ? [] : [`${String(strays)} of an earlier migration`]), ...(isEnding ? ['end by themselves'] : [])].join(', '),
  ]);
  return table([['collection', 'current', 'other', 'to copy', ''], ...rows]);
}

/** Where a contract stands, and what comes next. */
export function phaseText(stored: StoredNames): string {
  const { strays } = stored;
  return `${presentPhaseText(stored)}${strays === 0n ? '' : `; ${String(strays)} entries lie under names of before, where an earlier migration left them and nothing reads them`}`;
}

function presentPhaseText({ phase, current, other, toCopy, left }: StoredNames): string {
  const epoch = String(current);
  if (phase === 'copying') return `names of epoch ${epoch} are copied to epoch ${String(other)}: ${String(toCopy)} left to copy; the contract takes no updates`;
  if (phase === 'clearing') return `names of epoch ${epoch}; those of epoch ${String(other)} are cleared: ${String(left)} left; the contract takes no updates`;
  return `names of epoch ${epoch}`;
}

/** Why a phase is not at its end, and what to do about it. */
export function unfinishedText({ phase, toCopy, left, unreadable }: StoredNames): string {
  const isCopying = phase === 'copying';
  const work = isCopying ? toCopy : left - unreadable;
  const undone = `${String(work)} entries ${isCopying ? 'have no copy under the new names yet' : 'lie under the names that are cleared'}`;
  if (unreadable === 0n) return undone;
  const lost = `${String(unreadable)} lie under revoked key epochs, so that nothing can ${isCopying ? 'copy them, and after the switch they are absent' : 'delete them'}`;
  return `${undone}; ${lost}; ${work === 0n ? consentText(unreadable) : 'what can be seen to comes first'}`;
}

/** How an operator goes on without entries that nothing opens. */
export function consentText(unreadable: bigint): string {
  return `--give-up ${String(unreadable)} goes on without them`;
}
