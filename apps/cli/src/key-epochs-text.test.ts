import type { StoredEpochs } from '@selvedge/client';
import { describe, expect, it } from 'vitest';
import { datasetTable, incompleteText, leftText, progressText } from './key-epochs-text.js';

const stored = (change: Partial<StoredEpochs> = {}): StoredEpochs => ({
  newestEpoch: 3n,
  datasets: [
    { dataset: '', isEnding: false, epochs: [{ epoch: 1n, entries: 4n, isReadable: false }, { epoch: 3n, entries: 20n, isReadable: true }] },
    { dataset: 'offers', isEnding: true, epochs: [{ epoch: 2n, entries: 2n, isReadable: true }] },
  ],
  left: 4n,
  unreadable: 4n,
  ending: 2n,
  stillWritable: [2n],
  ...change,
});

describe('what is told of key epochs', () => {
  it('lists entries by collection and epoch, with what is special about them', () => {
    expect(datasetTable(stored()).split('\n')).toEqual([
      'collection   epoch  entries',
      'world state  1      4        epoch revoked',
      'world state  3      20',
      'offers       2      2        end by themselves',
    ]);
  });

  it('never says more than holds: what ends by itself, and what may still be written', () => {
    expect(leftText(stored())).toBe('4 left under epochs before 3; 2 more under them end by themselves (blockToLive); requests on their way may still write under epoch 2, until the next rotation');
    expect(leftText(stored({ left: 0n, ending: 0n, stillWritable: [] }))).toBe('0 left under epochs before 3');
  });

  it('says what was done, and why something is left', () => {
    expect(progressText({ written: 120, transactions: 3, conflicts: 1 })).toBe('120 entries re-encrypted in 3 transactions, 1 conflicts');
    expect(incompleteText(stored({ left: 5n }))).toContain('5 entries lie under epochs before 3, 4 of them under revoked ones');
  });
});
