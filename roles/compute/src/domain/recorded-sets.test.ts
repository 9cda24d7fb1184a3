import { describe, expect, it } from 'vitest';
import { createRecordedSets, type RecordedWrite } from './recorded-sets.js';

const MAX_BYTES = 100;

const put = (key: string, bytes: number): RecordedWrite => ({
  ownerSet: 'houses', dataset: '', datasetTag: new Uint8Array(32), ledgerKey: new Uint8Array(32).fill(key.charCodeAt(0)), contentGuard: false, isEnding: false, key,
  effect: { kind: 'put', value: new Uint8Array(bytes) },
});

describe('what a transaction writes', () => {
  it('is bounded as it comes, not only in the end', () => {
    const sets = createRecordedSets(MAX_BYTES);
    sets.addWrite(put('a', MAX_BYTES));
    expect(() => { sets.addWrite(put('b', 1)); }).toThrow(expect.objectContaining({ code: 'CHAINCODE_LIMIT', message: 'bytes written: at most 100 allowed' }));
  });

  it('counts a key’s last value alone', () => {
    const sets = createRecordedSets(MAX_BYTES);
    for (const bytes of [MAX_BYTES, 10, MAX_BYTES - 1]) sets.addWrite(put('a', bytes));
    sets.addWrite(put('b', 1));
    sets.addWrite({ ...put('a', 0), effect: { kind: 'delete' } });
    sets.addWrite(put('c', MAX_BYTES - 1));
    expect(sets.writes().map(({ key, effect }) => [key, effect.kind])).toEqual([['a', 'delete'], ['b', 'put'], ['c', 'put']]);
  });
});
