import type { ReEncryptionProgress, StoredEpochs } from '@selvedge/client';
import { table } from './terminal.js';

/** What was done so far. */
export function progressText({ written, transactions, conflicts }: ReEncryptionProgress): string {
  return `${String(written)} entries re-encrypted in ${String(transactions)} transactions, ${String(conflicts)} conflicts`;
}

/** Entries by collection and epoch. */
export function datasetTable({ datasets }: StoredEpochs): string {
  const rows = datasets.flatMap(({ dataset, isEnding, epochs }) =>
    epochs.map(({ epoch, entries, isReadable }) => [dataset === '' ? 'world state' : dataset, String(epoch), String(entries), [...(isReadable ? [] : ['epoch revoked']), ...(isEnding ? ['end by themselves'] : [])].join(', ')]),
  );
  return table([['collection', 'epoch', 'entries', ''], ...rows]);
}

/** What an operator may say of the present state. */
export function leftText({ newestEpoch, left, ending, stillWritable }: StoredEpochs): string {
  return [
    `${String(left)} left under epochs before ${String(newestEpoch)}`,
    ...(ending === 0n ? [] : [`${String(ending)} more under them end by themselves (blockToLive)`]),
    ...stillWritable.map((epoch) => `requests on their way may still write under epoch ${String(epoch)}, until the next rotation`),
  ].join('; ');
}

/** Why a re-encryption is not at its end. */
export function incompleteText({ newestEpoch, left, unreadable }: StoredEpochs): string {
  return `${String(left)} entries lie under epochs before ${String(newestEpoch)}, ${String(unreadable)} of them under revoked ones, which nothing opens; the others were written meanwhile`;
}
