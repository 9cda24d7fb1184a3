import { toHex } from '@selvedge/crypto';
import { entryMark, keyPolicyMark } from '@selvedge/protocol';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createKeptPoints, type KeptPoints, type KeptPointTerms, type ReadPoint } from './kept-points.js';

const ledgerKeyOf = (name: string): Uint8Array => Buffer.alloc(32, name);
const terms = (name: string, change: Partial<KeptPointTerms> = {}): KeptPointTerms => ({ contract: 'jewels', policyVersion: 1n, ownerSet: 'houses', dataset: '', ledgerKey: ledgerKeyOf(name), withKeyPolicy: false, ...change });
const markOf = (name: string, ownerSet = 'houses'): string => toHex(entryMark('jewels', ownerSet, ledgerKeyOf(name)));
const point = (name: string, valueBytes = 1): ReadPoint => {
  const ledgerKey = ledgerKeyOf(name);
  return { ledgerKey, entry: { key: name, value: new Uint8Array(valueBytes), ledgerKey, datasetTag: ledgerKey, packetHash: ledgerKey, keyEpoch: 1n, nameEpoch: 1n, isReEncrypted: false }, keyPolicy: new Uint8Array(0) };
};

let nowMs: number;
let points: KeptPoints;
const started = (maxBytes = 1e6): KeptPoints => {
  const created = createKeptPoints({ maxBytes, clock: () => nowMs, maxKeptMs: 1_000 });
  created.advance({ from: 0n, to: 10n, changes: undefined });
  return created;
};
beforeEach(() => {
  nowMs = 0;
  points = started();
});

describe('kept points', () => {
  it('are apart for each contract, policy version, owner set, dataset, key, and with and without the key’s policy', () => {
    const kept = point('a');
    points.of(terms('a')).keep(kept, 10n);
    expect(points.of(terms('a')).find()).toBe(kept);
    for (const change of [{ contract: 'b' }, { policyVersion: 2n }, { ownerSet: 'b' }, { dataset: 'b' }, { ledgerKey: ledgerKeyOf('b') }, { withKeyPolicy: true }]) {
      expect(points.of(terms('a', change)).find(), JSON.stringify(Object.keys(change))).toBeUndefined();
    }
  });

  it('hold an absent key as well', () => {
    const absent = { ...point('a'), entry: undefined };
    points.of(terms('a')).keep(absent, 10n);
    expect(points.of(terms('a')).find()).toBe(absent);
  });

  it('stand until a block changes the key or its policy, and through blocks that change others', () => {
    for (const mark of [markOf('a'), toHex(keyPolicyMark('jewels', 'houses', ledgerKeyOf('a')))]) {
      points = started();
      points.of(terms('a')).keep(point('a'), 10n);
      points.advance({ from: 10n, to: 12n, changes: [[markOf('b')], [markOf('a', 'other')]] });
      expect(points.of(terms('a')).find()).toBeDefined();
      points.advance({ from: 12n, to: 14n, changes: [[mark], []] });
      expect(points.of(terms('a')).find()).toBeUndefined();
      expect([points.count, points.bytes]).toEqual([0, 0]);
    }
  });

  it('are all gone where it is not known what changed', () => {
    for (const name of ['a', 'b']) points.of(terms(name)).keep(point(name), 10n);
    points.advance({ from: 10n, to: 90n, changes: undefined });
    expect([points.of(terms('a')).find(), points.of(terms('b')).find(), points.bytes]).toEqual([undefined, undefined, 0]);
  });

  it('are not kept from an answer that a block has overtaken on its way', () => {
    points.advance({ from: 10n, to: 11n, changes: [[markOf('a')]] });
    points.of(terms('a')).keep(point('a'), 10n);
    expect(points.of(terms('a')).find()).toBeUndefined();
    points.of(terms('b')).keep(point('b'), 10n);
    expect(points.of(terms('b')).find()).toBeDefined();
    points.of(terms('a')).keep(point('a'), 11n);
    expect(points.of(terms('a')).find()).toBeDefined();
  });

  it('are not kept from before the first height of which all changes are known', () => {
    points.of(terms('a')).keep(point('a'), 9n);
    expect(points.of(terms('a')).find()).toBeUndefined();
    const fresh = createKeptPoints({ maxBytes: 1e6, clock: () => 0 });
    fresh.of(terms('a')).keep(point('a'), 10n);
    expect(fresh.of(terms('a')).find()).toBeUndefined();
  });

  it('gain nothing by a height that a node claims: the next change of the key ends them', () => {
    points.of(terms('a')).keep(point('a'), 2n ** 63n);
    points.advance({ from: 10n, to: 11n, changes: [[markOf('a')]] });
    expect(points.of(terms('a')).find()).toBeUndefined();
  });

  it('are asked for anew after their time, changed or not', () => {
    points.of(terms('a')).keep(point('a'), 10n);
    nowMs = 1_000;
    expect(points.of(terms('a')).find()).toBeDefined();
    nowMs = 1_001;
    expect(points.of(terms('a')).find()).toBeUndefined();
    expect(points.count).toBe(0);
  });

  it('within any budget and through any schedule are never older than the ledger, the most recently used before others', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const step = fc.record({ name: fc.constantFrom(...names), kind: fc.constantFrom('write', 'read', 'read', 'late', 'advance', 'gap', 'forget'), size: fc.integer({ min: 0, max: 2_000 }) });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12_000 }), fc.array(step, { maxLength: 80 }), (budget, steps) => {
        points = started(budget);
        /** What each block wrote, and the value of each key at each height. */
        const blocks: string[][] = [];
        const history = new Map(names.map((name) => [name, [{ from: 0n, value: point(name) }]]));
        const at = (name: string, height: bigint): ReadPoint => history.get(name)!.findLast(({ from }) => from <= height)!.value;
        let viewHeight = 10n;
        const height = (): bigint => 10n + BigInt(blocks.length);
        const late: { readonly name: string; readonly value: ReadPoint; readonly height: bigint }[] = [];
        for (const { name, kind, size } of steps) {
          const memory = points.of(terms(name));
          if (kind === 'write') {
            blocks.push([name]);
            history.get(name)!.push({ from: height(), value: point(name, size) });
          } else if (kind === 'advance' || kind === 'gap') {
            const changes = blocks.slice(Number(viewHeight) - 10).map((block) => block.map((written) => markOf(written)));
            points.advance({ from: viewHeight, to: height(), changes: kind === 'gap' ? undefined : changes });
            viewHeight = height();
          } else if (kind === 'late') late.push({ name, value: at(name, height()), height: height() });
          else if (kind === 'forget') memory.forget();
          else {
            const found = memory.find();
            // It may be newer than the view, never older.
            const allowed = [viewHeight, ...blocks.map((_, index) => 10n + BigInt(index) + 1n).filter((h) => h > viewHeight)].map((h) => at(name, h));
            if (found !== undefined) expect(allowed).toContain(found);
            else memory.keep(at(name, height()), height());
            for (const answer of late.splice(0)) points.of(terms(answer.name)).keep(answer.value, answer.height);
          }
          expect(points.bytes).toBeLessThanOrEqual(budget);
          expect(points.bytes).toBeGreaterThanOrEqual(0);
          if (points.count === 0) expect(points.bytes).toBe(0);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('drop the longest unused first', () => {
    const keepThree = (): void => {
      for (const name of ['a', 'b', 'c']) points.of(terms(name)).keep(point(name), 10n);
    };
    keepThree();
    points = started(points.bytes + 500);
    keepThree();
    points.of(terms('a')).find();
    points.of(terms('d')).keep(point('d', 100), 10n);
    expect(['a', 'b', 'c', 'd'].map((name) => points.of(terms(name)).find() !== undefined)).toEqual([true, false, true, true]);
    points.of(terms('e')).keep(point('e', 9_000), 10n);
    expect(['a', 'c', 'd', 'e'].map((name) => points.of(terms(name)).find() !== undefined)).toEqual([true, true, true, false]);
  });
});
