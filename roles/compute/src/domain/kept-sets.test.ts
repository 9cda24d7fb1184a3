import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredEntry } from '@selvedge/tee-node';
import { createKeptSets, type KeptSetTerms } from './kept-sets.js';

const GUARD = new Uint8Array(32).fill(9);
const terms = (change: Partial<KeptSetTerms> = {}): KeptSetTerms => ({
  contract: 'jewels', policyVersion: 1n, codeHash: new Uint8Array(32), ownerSet: 'houses', dataset: '', datasetTag: new Uint8Array(0), contentGuardKey: GUARD, ...change,
});
const entry = (key: string, valueBytes: number): StoredEntry => {
  const hash = new Uint8Array(32);
  return { key, value: new Uint8Array(valueBytes), ledgerKey: hash, datasetTag: hash, packetHash: hash, keyEpoch: 1n, nameEpoch: 1n, isReEncrypted: false };
};
const PLACES = ['a', 'b', 'c', 'd', 'e'];

describe('kept sets', () => {
  it('are apart for each contract, policy version, code, owner set, dataset, tag and business node', () => {
    const sets = createKeptSets(1e6);
    const set = { entries: [entry('k', 1)], contentTxId: GUARD };
    sets.of(terms()).keep('aurora:1', set);
    expect(sets.of(terms()).find('aurora:1')).toBe(set);
    const others = [{ contract: 'other' }, { policyVersion: 2n }, { codeHash: GUARD }, { ownerSet: 'other' }, { dataset: 'sealed' }, { datasetTag: GUARD }];
    for (const change of others) expect(sets.of(terms(change)).find('aurora:1')).toBeUndefined();
    expect(sets.of(terms()).find('borealis:1')).toBeUndefined();
  });

  it('stay within any budget, and what is found is what was kept last, the most recently used before others', () => {
    const operation = fc.record({ place: fc.constantFrom(...PLACES), kind: fc.constantFrom('keep', 'find', 'forget'), size: fc.integer({ min: 0, max: 3_000 }) });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30_000 }), fc.array(operation, { maxLength: 60 }), (budget, operations) => {
        const sets = createKeptSets(budget);
        const last = new Map<string, { set: { entries: StoredEntry[]; contentTxId: Uint8Array }; usedAt: number }>();
        operations.forEach(({ place, kind, size }, usedAt) => {
          const memory = sets.of(terms({ dataset: place }));
          if (kind === 'keep') {
            const set = { entries: [entry(place, size)], contentTxId: GUARD };
            memory.keep('node:1', set);
            last.set(place, { set, usedAt });
          } else if (kind === 'forget') {
            memory.forget('node:1');
            last.delete(place);
          } else {
            const found = memory.find('node:1');
            if (found === undefined) last.delete(place);
            else expect(found).toBe(last.get(place)?.set);
            const known = last.get(place);
            if (known !== undefined) known.usedAt = usedAt;
          }
          expect(sets.bytes).toBeLessThanOrEqual(budget);
          expect(sets.bytes).toBeGreaterThanOrEqual(0);
        });
        // Whoever is still there was used later than whoever is not, unless that one alone was above the budget.
        const present = [...last].filter(([place]) => sets.of(terms({ dataset: place })).find('node:1') !== undefined).map(([, { usedAt }]) => usedAt);
        const fitting = [...last].filter(([, { set }]) => 2048 + 2 + 4 * set.entries[0]!.value.length <= budget);
        const gone = fitting.filter(([place]) => sets.of(terms({ dataset: place })).find('node:1') === undefined).map(([, { usedAt }]) => usedAt);
        for (const at of gone) for (const other of present) expect(at).toBeLessThan(other);
        for (const [place] of last) sets.of(terms({ dataset: place })).forget('node:1');
        expect(sets.bytes).toBeLessThanOrEqual(budget);
      }),
    );
  });
});
