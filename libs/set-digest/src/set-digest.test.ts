import { createHash } from 'node:crypto';
import { labelledHash, sha256, toHex } from '@selvedge/crypto';
import { refusalCode } from '@selvedge/fixtures';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildSetRoot, createMemoryPages, datasetRoot, EMPTY_ROOT, EMPTY_SET, pairOf, tagChange, tagRoot, updateSet, type PageStore, type SetChange, type SetPair, type SetRoot } from './index.js';

const value = (n: number): Uint8Array => createHash('sha256').update(`value ${String(n)}`).digest();
/** Keys that share long prefixes: the first bytes are of few values, and they differ in one late byte. */
const keys = fc.tuple(fc.constantFrom(0, 1, 0x10, 0xff), fc.constantFrom(0, 0x80), fc.nat(31), fc.nat(3)).map(([first, second, at, late]) => {
  const key = new Uint8Array(32).fill(first);
  key[1] = second;
  key[at] = (key[at] as number) ^ late;
  return key;
});
const changes = fc.array(fc.record({ key: keys, value: fc.option(fc.nat(5).map(value), { nil: undefined }) }), { maxLength: 12 });
const histories = fc.array(changes, { maxLength: 12 });

/** The plain model: what is there after some changes. */
function applied(history: readonly (readonly SetChange[])[]): SetPair[] {
  const model = new Map<string, Uint8Array>();
  for (const change of history.flat()) {
    if (change.value === undefined) model.delete(toHex(change.key));
    else model.set(toHex(change.key), change.value);
  }
  return [...model].map(([key, current]) => ({ key: Buffer.from(key, 'hex'), value: current }));
}

interface CountedPages extends PageStore {
  readonly pages: ReadonlyMap<string, string>;
  touched: number;
}

function countedPages(): CountedPages {
  const inner = createMemoryPages();
  const pages = new Map<string, string>();
  const store: CountedPages = {
    pages,
    touched: 0,
    get: (path) => {
      store.touched += 1;
      return inner.get(path);
    },
    put: (path, page) => {
      pages.set(toHex(path), toHex(page));
      inner.put(path, page);
    },
    remove: (path) => {
      pages.delete(toHex(path));
      inner.remove(path);
    },
  };
  return store;
}

function replay(history: readonly (readonly SetChange[])[]): { root: SetRoot; store: CountedPages } {
  const store = countedPages();
  return { root: history.reduce((root, some) => updateSet(store, root.count, some), EMPTY_SET), store };
}

const plain = ({ root, count }: SetRoot): [string, bigint] => [toHex(root), count];

describe('a set’s tree', () => {
  it('that is changed step by step has the digest of the one that is built at once', () => {
    fc.assert(fc.property(histories, (history) => { expect(plain(replay(history).root)).toEqual(plain(buildSetRoot(applied(history)))); }), { numRuns: 500 });
  });

  it('keeps nothing of its history: equal sets are equal pages', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const fresh = replay([applied(history)]);
        expect([...replay(history).store.pages].sort()).toEqual([...fresh.store.pages].sort());
      }),
      { numRuns: 300 },
    );
  });

  it('does not depend on the order of the pairs', () => {
    const lists = fc.uniqueArray(keys, { maxLength: 20, selector: toHex }).chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
    fc.assert(
      fc.property(lists, ([a, b]) => {
        const pairs = (list: readonly Uint8Array[]): SetPair[] => list.map((key) => ({ key, value: sha256(key) }));
        expect(plain(buildSetRoot(pairs(a)))).toEqual(plain(buildSetRoot(pairs(b))));
        expect(plain(replay(pairs(b).map((pair) => [pair])).root)).toEqual(plain(buildSetRoot(pairs(a))));
      }),
    );
  });

  it('has one digest for one set only', () => {
    fc.assert(
      fc.property(changes, changes, (a, b) => {
        const [one, other] = [applied([a]), applied([b])].map((pairs) => ({ text: JSON.stringify(pairs.map((pair) => toHex(pair.key) + toHex(pair.value)).sort()), ...buildSetRoot(pairs) }));
        expect(toHex(one!.root) === toHex(other!.root)).toBe(one!.text === other!.text);
      }),
      { numRuns: 500 },
    );
  });

  it('without entries has the root of the empty set, also when all were removed', () => {
    expect(plain(buildSetRoot([]))).toEqual([toHex(EMPTY_ROOT), 0n]);
    const { root, store } = replay([[{ key: value(1), value: value(2) }, { key: value(3), value: value(4) }], [{ key: value(1), value: undefined }], [{ key: value(3), value: undefined }, { key: value(9), value: undefined }]]);
    expect(plain(root)).toEqual([toHex(EMPTY_ROOT), 0n]);
    expect(store.pages.size).toBe(0);
  });

  it('is what the formulas say', () => {
    const [left, right] = [new Uint8Array(32), Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 0x20 : 0))];
    const leaf = (key: Uint8Array): Uint8Array => labelledHash('set/leaf', key, value(1));
    const pairs = [left, right].map((key) => ({ key, value: value(1) }));
    expect(toHex(buildSetRoot(pairs.slice(0, 1)).root)).toBe(toHex(leaf(left)));
    expect(toHex(buildSetRoot(pairs).root)).toBe(toHex(labelledHash('set/inner', Uint8Array.of(0, 2), leaf(left), leaf(right))));
    expect(toHex(pairOf(value(1), value(2)).key)).toBe(toHex(sha256(value(1))));
  });

  it('refuses an entry that comes twice', () => {
    const twice = [1, 1].map(() => ({ key: value(1), value: value(2) }));
    expect(refusalCode(() => buildSetRoot(twice))).toBe('STATE_FORGED');
  });

  it('is changed at the cost of its depth', () => {
    const pairs = Array.from({ length: 20_000 }, (_, i) => ({ key: value(i), value: value(i) }));
    const { root, store } = replay([pairs]);
    store.touched = 0;
    const next = updateSet(store, root.count, [{ key: value(3), value: value(0) }]);
    expect(store.touched).toBeLessThan(10);
    expect(plain(next)).toEqual(plain(buildSetRoot([...pairs.slice(0, 3), { key: value(3), value: value(0) }, ...pairs.slice(4)])));
  });

  it('refuses a page of its store that is broken', () => {
    const pages = createMemoryPages();
    updateSet(pages, 0n, [1, 2, 3].map((n) => ({ key: value(n), value: value(n) })));
    for (const page of [new Uint8Array(0), new Uint8Array(3), pages.get(new Uint8Array(0))!.subarray(0, 90), Buffer.concat([pages.get(new Uint8Array(0))!, Buffer.of(0)])]) {
      pages.put(new Uint8Array(0), page);
      expect(refusalCode(() => updateSet(pages, 3n, [{ key: value(4), value: value(4) }]))).toBe('LEDGER_CORRUPT');
    }
  });
});

describe('a dataset’s digest', () => {
  const entry = (tag: number, key: number, packet = key): { datasetTag: Uint8Array; ledgerKey: Uint8Array; packetHash: Uint8Array } => ({ datasetTag: value(tag), ledgerKey: value(key), packetHash: value(packet) });

  it('is the tree over the digests of its tags, and counts all entries', () => {
    const entries = [entry(1, 10), entry(1, 11), entry(2, 12)];
    const pages = createMemoryPages();
    const tags = [1, 2].map((tag) => tagChange(value(tag), tagRoot(entries.filter(({ datasetTag }) => toHex(datasetTag) === toHex(value(tag))))));
    expect(toHex(updateSet(pages, 0n, tags).root)).toBe(toHex(datasetRoot(entries).root));
    expect(datasetRoot(entries).count).toBe(3n);
    // A tag whose entries are all gone leaves nothing behind.
    expect(toHex(updateSet(pages, 2n, [tagChange(value(2), EMPTY_SET)]).root)).toBe(toHex(datasetRoot(entries.slice(0, 2)).root));
    expect(plain(datasetRoot([]))).toEqual(plain(EMPTY_SET));
  });

  it('changes with every tag, key, packet and entry', () => {
    const entries = [entry(1, 10), entry(1, 11), entry(2, 12)];
    const others = [entries.slice(1), [...entries, entry(2, 13)], [entry(2, 10), ...entries.slice(1)], [entry(1, 9, 10), ...entries.slice(1)], [entry(1, 10, 9), ...entries.slice(1)]];
    const roots = [entries, ...others].map((list) => toHex(datasetRoot(list).root));
    expect(new Set(roots).size).toBe(roots.length);
  });

  it('refuses an entry that comes twice', () => {
    expect(refusalCode(() => datasetRoot([entry(1, 10), entry(2, 11), entry(1, 10, 12)]))).toBe('STATE_FORGED');
  });
});
