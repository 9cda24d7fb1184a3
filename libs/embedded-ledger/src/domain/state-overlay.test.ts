import { beforeEach, describe, expect, it } from 'vitest';
import { createTestState, type TestState } from '@selvedge/fixtures';
import { ValidationCode } from '@selvedge/protocol';
import { StateOverlay } from './state-overlay.js';
import { NO_UPDATES, type StateUpdates } from './verdict.js';

const key = (mark: number): Uint8Array => new Uint8Array(32).fill(mark);

describe('StateOverlay', () => {
  let base: TestState;
  let overlay: StateOverlay;
  const apply = (updates: Partial<StateUpdates>, txId = key(100)): void => {
    overlay.apply({ code: ValidationCode.VALID, txIds: [txId], updates: { ...NO_UPDATES, ...updates } });
  };

  beforeEach(() => {
    base = createTestState();
    base.setVersion('c', 'o', 'd', key(1), key(10));
    base.setGuard('c', 'o', 'd', key(1), key(20));
    base.setFact('profile', key(30));
    overlay = new StateOverlay(base);
  });

  it('shows the state below', () => {
    expect(overlay.version('c', 'o', 'd', key(1))).toEqual(key(10));
    expect(overlay.guard('c', 'o', 'd', key(1))).toEqual(key(20));
    expect(overlay.fact('profile')).toEqual(key(30));
    expect([overlay.height, overlay.blockHash]).toEqual([base.height, base.blockHash]);
  });

  it('shows what was put, removed and written over it, and leaves the rest', () => {
    const at = { contract: 'c', ownerSet: 'o', dataset: 'd' };
    apply({
      versions: [{ ...at, ledgerKey: key(1), datasetTag: key(40), version: undefined, endsWith: undefined }, { ...at, ledgerKey: key(2), datasetTag: key(40), version: key(11), endsWith: 9n }],
      guards: [{ ...at, guardKey: key(1), txId: key(21) }],
      facts: [{ key: 'profile', value: undefined }, { key: 'new', value: key(31) }],
    });
    expect(overlay.version('c', 'o', 'd', key(1))).toBeUndefined();
    expect(overlay.version('c', 'o', 'd', key(2))).toEqual(key(11));
    expect(overlay.version('c', 'o', 'd', key(3))).toBeUndefined();
    expect(overlay.guard('c', 'o', 'd', key(1))).toEqual(key(21));
    expect(overlay.fact('profile')).toBeUndefined();
    expect(overlay.fact('new')).toEqual(key(31));
    expect(overlay.factUpdates).toEqual([{ key: 'profile', value: undefined }, { key: 'new', value: key(31) }]);
    expect(base.version('c', 'o', 'd', key(1))).toEqual(key(10));
  });

  it('does not take one tuple for another', () => {
    apply({ versions: [{ contract: 'ab', ownerSet: 'c', dataset: '', ledgerKey: key(1), datasetTag: key(40), version: key(9), endsWith: undefined }] });
    for (const [contract, ownerSet, dataset] of [['a', 'bc', ''], ['ab', '', 'c'], ['', 'ab', 'c'], ['a', 'b', 'c']] as const) {
      expect(overlay.version(contract, ownerSet, dataset, key(1))).toBeUndefined();
    }
  });

  it('uses up the id of every item of a batch', () => {
    overlay.apply({ code: ValidationCode.MVCC_READ_CONFLICT, txIds: [key(5), key(6)], updates: NO_UPDATES });
    expect([5, 6].map((mark) => overlay.result(key(mark))?.code)).toEqual([ValidationCode.MVCC_READ_CONFLICT, ValidationCode.MVCC_READ_CONFLICT]);
  });

  it('keeps an id’s first result', () => {
    base.setResult(key(1), ValidationCode.VALID, 3n);
    overlay.apply({ code: ValidationCode.DUPLICATE_TXID, txIds: [key(1)], updates: NO_UPDATES });
    overlay.apply({ code: ValidationCode.MVCC_READ_CONFLICT, txIds: [key(2)], updates: NO_UPDATES });
    overlay.apply({ code: ValidationCode.VALID, txIds: [key(2)], updates: NO_UPDATES });
    overlay.apply({ code: ValidationCode.BAD_PAYLOAD, txIds: [], updates: NO_UPDATES });
    expect(overlay.result(key(1))).toEqual({ code: ValidationCode.VALID, blockNumber: 3n });
    expect(overlay.result(key(2))).toEqual({ code: ValidationCode.MVCC_READ_CONFLICT, blockNumber: base.height });
    expect(overlay.result(key(3))).toBeUndefined();
  });
});
