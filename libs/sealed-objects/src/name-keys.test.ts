import { equalBytes, labelledHmac, SUITE_NAMES, toHex } from '@selvedge/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNameKeys, objectTypeOf } from './name-keys.js';

const nameKey = new Uint8Array(32).fill(5);
const names = createNameKeys(SUITE_NAMES[0], nameKey);
const text = fc.string({ unit: 'grapheme', maxLength: 12 });

describe('ledger keys and dataset tags', () => {
  it('are HMACs under the name key', () => {
    expect(toHex(names.ledgerKey('stones', 'k'))).toBe(toHex(labelledHmac(nameKey, 'ledger key', 'stones', 'k')));
    expect(toHex(names.datasetTag('stones', 'colour'))).toBe(toHex(labelledHmac(nameKey, 'dataset tag', 'stones', 'colour')));
  });

  it('differ for every other dataset, key, purpose and name key', () => {
    const other = createNameKeys(SUITE_NAMES[0], new Uint8Array(32).fill(6));
    fc.assert(
      fc.property(text, text, text, text, (dataset, key, dataset2, key2) => {
        const same = dataset === dataset2 && key === key2;
        expect(equalBytes(names.ledgerKey(dataset, key), names.ledgerKey(dataset2, key2))).toBe(same);
        expect(equalBytes(names.datasetTag(dataset, key), names.datasetTag(dataset2, key2))).toBe(same);
        expect(equalBytes(names.ledgerKey(dataset, key), names.datasetTag(dataset, key))).toBe(false);
        expect(equalBytes(names.ledgerKey(dataset, key), other.ledgerKey(dataset, key))).toBe(false);
      }),
    );
  });

  it('do not move characters between dataset and key', () => {
    expect(equalBytes(names.ledgerKey('ab', 'c'), names.ledgerKey('a', 'bc'))).toBe(false);
  });

  it('refuse lone surrogates, which would share one UTF-8 encoding', () => {
    for (const bad of ['\ud800', 'a\udfffb']) {
      expect(() => names.ledgerKey('', bad)).toThrow(expect.objectContaining({ code: 'MALFORMED_MESSAGE' }));
      expect(() => names.datasetTag(bad, '')).toThrow(expect.objectContaining({ code: 'MALFORMED_MESSAGE' }));
    }
    expect(names.ledgerKey('', '\u{10ffff}')).toHaveLength(32);
  });

  it('refuse a name key of another length', () => {
    for (const length of [0, 31, 33]) expect(() => createNameKeys(SUITE_NAMES[0], new Uint8Array(length))).toThrow(RangeError);
  });
});

describe('object type of a composite key', () => {
  it.each([
    ['simple', ''],
    ['', ''],
    ['\x00colour\x00red\x00stone1\x00', 'colour'],
    ['\x00colour\x00', 'colour'],
    ['\x00colour', 'colour'],
    ['\x00\x00x\x00', ''],
  ])('%j is of type %j', (key, type) => {
    expect(objectTypeOf(key)).toBe(type);
  });
});
