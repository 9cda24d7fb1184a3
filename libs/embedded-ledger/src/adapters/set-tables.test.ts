import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { toHex } from '@selvedge/crypto';
import { contentGuardKey, membershipGuardKey } from '@selvedge/protocol';
import { datasetRoot, EMPTY_ROOT, tagRoot, type TaggedEntry } from '@selvedge/set-digest';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SetDigestAt, SetWrite } from '../domain/sets.js';
import type { LedgerStore } from '../store.js';
import { openLedgerStore } from './lmdb-store.js';
import { SetTables } from './set-tables.js';

const PLACE = { contract: 'diamonds', ownerSet: 'houses', dataset: '' };
const bytes = (name: string): Uint8Array => createHash('sha256').update(name).digest();
const tag = (name: string): Uint8Array => bytes(`tag ${name}`);
const write = (key: string, version: string | undefined, tagName = 'a', place = PLACE): SetWrite => ({ ...place, ledgerKey: bytes(key), datasetTag: tag(tagName), version: version === undefined ? undefined : bytes(version) });

let directory: string;
let store: LedgerStore;
let sets: SetTables;
let guards: Map<string, Uint8Array>;
let life: bigint | undefined;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'selvedge-sets-'));
  store = openLedgerStore({ directory });
  sets = new SetTables(store);
  guards = new Map();
  life = undefined;
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

const apply = (height: bigint, writes: readonly SetWrite[], ended: readonly string[] = []): Promise<void> =>
  store.write(() => {
    const source = { value: (_place: unknown, key: Uint8Array) => guards.get(toHex(key)), endsAt: () => life };
    sets.apply({ height, writes, ended: ended.map((key) => ({ ...PLACE, ledgerKey: bytes(key) })) }, source);
  });
const at = (height: bigint, tagName?: string, place = PLACE): SetDigestAt => sets.digestAt({ ...place, datasetTag: tagName === undefined ? new Uint8Array(0) : tag(tagName) }, height);
const plain = ({ root, count }: Pick<SetDigestAt, 'root' | 'count'>): [string, bigint] => [toHex(root), count];
const entry = (key: string, version: string, tagName = 'a'): TaggedEntry => ({ datasetTag: tag(tagName), ledgerKey: bytes(key), packetHash: bytes(version) });

describe('the digests of sets', () => {
  it('are those of the entries at each height, per tag and per dataset', async () => {
    await apply(3n, [write('k1', 'v1'), write('k2', 'v2', 'b')]);
    await apply(5n, [write('k1', 'v3'), write('k3', 'v4')]);
    await apply(6n, [write('k2', undefined, 'b')]);
    expect(plain(at(2n))).toEqual([toHex(EMPTY_ROOT), 0n]);
    for (const height of [3n, 4n]) {
      expect(plain(at(height, 'a'))).toEqual(plain(tagRoot([entry('k1', 'v1')])));
      expect(plain(at(height))).toEqual(plain(datasetRoot([entry('k1', 'v1'), entry('k2', 'v2', 'b')])));
    }
    expect(plain(at(5n))).toEqual(plain(datasetRoot([entry('k1', 'v3'), entry('k3', 'v4'), entry('k2', 'v2', 'b')])));
    expect(plain(at(9n))).toEqual(plain(datasetRoot([entry('k1', 'v3'), entry('k3', 'v4')])));
    expect(plain(at(9n, 'b'))).toEqual([toHex(EMPTY_ROOT), 0n]);
    expect(plain(at(5n, 'b'))).toEqual(plain(tagRoot([entry('k2', 'v2')])));
  });

  it('are of one dataset, owner set and contract each', async () => {
    for (const change of [{ contract: 'x' }, { ownerSet: 'x' }, { dataset: 'x' }]) await apply(1n, [write('k1', 'v1', 'a', { ...PLACE, ...change })]);
    expect(plain(at(1n))).toEqual([toHex(EMPTY_ROOT), 0n]);
    expect(at(1n, undefined, { ...PLACE, dataset: 'x' }).count).toBe(1n);
  });

  it('follow an entry that is written under another tag', async () => {
    await apply(1n, [write('k1', 'v1', 'a')]);
    await apply(2n, [write('k1', 'v2', 'b')]);
    expect([at(2n, 'a').count, at(2n, 'b').count, at(2n).count]).toEqual([0n, 1n, 1n]);
    // The same within one block, and back.
    await apply(3n, [write('k1', 'v3', 'a'), write('k1', 'v4', 'b'), write('k1', 'v5', 'a')]);
    expect(plain(at(3n))).toEqual(plain(datasetRoot([entry('k1', 'v5', 'a')])));
  });

  it('lose entries that ended', async () => {
    await apply(1n, [write('k1', 'v1'), write('k2', 'v2')]);
    await apply(2n, [], ['k1', 'unknown']);
    expect(plain(at(2n))).toEqual(plain(datasetRoot([entry('k2', 'v2')])));
    expect(at(1n).count).toBe(2n);
  });

  it('name the guards that stood at the height, also where no entry changed', async () => {
    const membership = toHex(membershipGuardKey(tag('a')));
    const content = toHex(contentGuardKey(PLACE.contract, PLACE.dataset));
    guards.set(membership, bytes('t1')).set(content, bytes('t1'));
    await apply(1n, [write('k1', 'v1')]);
    guards.set(content, bytes('t2'));
    await apply(2n, [write('k1', 'v2')]);
    guards.set(membership, bytes('t3')).set(content, bytes('t3'));
    await apply(3n, [write('absent', undefined)]);
    const named = (height: bigint): string[] => [at(height, 'a'), at(height)].map(({ guardTxId }) => toHex(guardTxId));
    expect([0n, 1n, 2n, 3n].map(named)).toEqual([['', ''], ['t1', 't1'], ['t1', 't2'], ['t3', 't3']].map((names) => names.map((name) => (name === '' ? '' : toHex(bytes(name))))));
  });

  it('name no guard that has ended by itself', async () => {
    const membership = toHex(membershipGuardKey(tag('a')));
    life = 4n;
    guards.set(membership, bytes('t1'));
    await apply(1n, [write('k1', 'v1')]);
    // An update that leaves the guard as it is leaves its end as it is.
    life = 9n;
    await apply(2n, [write('k1', 'v2')]);
    expect([1n, 3n, 4n, 5n].map((height) => at(height, 'a').guardTxId.length)).toEqual([32, 32, 0, 0]);
    guards.set(membership, bytes('t2'));
    await apply(5n, [write('k2', 'v2')]);
    expect([5n, 8n, 9n].map((height) => at(height, 'a').guardTxId.length)).toEqual([32, 32, 0]);
  });

  it('are kept for 64 heights and then forgotten, all but the newest', async () => {
    for (let height = 1n; height <= 200n; height += 1n) await apply(height, [write('k1', `v${String(height)}`)]);
    for (let height = 137n; height <= 200n; height += 1n) expect(plain(at(height, 'a'))).toEqual(plain(tagRoot([entry('k1', `v${String(height)}`)])));
    expect([...store.database('set-records').range()].length).toBeLessThanOrEqual(2 * 66);
    await apply(400n, [write('k2', 'v')]);
    expect(at(390n, 'a').count).toBe(1n);
    expect([...store.database('set-records').range()]).toHaveLength(4);
  });

  it('are those of a follower that was never restarted', async () => {
    await apply(1n, [write('k1', 'v1')]);
    await store.close();
    store = openLedgerStore({ directory });
    sets = new SetTables(store);
    await apply(2n, [write('k2', 'v2')]);
    expect(plain(at(2n))).toEqual(plain(datasetRoot([entry('k1', 'v1'), entry('k2', 'v2')])));
  });

  it('agree with the entries after any history of blocks', async () => {
    const names = fc.constantFrom('a', 'b', 'c');
    const step = fc.record({ key: fc.nat(9), tagName: names, isPut: fc.boolean() });
    const blocks = fc.array(fc.array(step, { maxLength: 6 }), { minLength: 1, maxLength: 6 });
    let height = 0n;
    let run = 0;
    await fc.assert(
      fc.asyncProperty(blocks, async (history) => {
        run += 1;
        const place = { ...PLACE, dataset: `d${String(run)}` };
        const model = new Map<string, TaggedEntry>();
        for (const block of history) {
          height += 1n;
          const writes = block.map(({ key, tagName, isPut }, i) => write(`k${String(key)}`, isPut ? `${String(height)}/${String(i)}` : undefined, tagName, place));
          for (const { ledgerKey, datasetTag, version } of writes) {
            if (version === undefined) model.delete(toHex(ledgerKey));
            else model.set(toHex(ledgerKey), { ledgerKey, datasetTag, packetHash: version });
          }
          await apply(height, writes);
          const entries = [...model.values()];
          expect(plain(at(height, undefined, place))).toEqual(plain(datasetRoot(entries)));
          for (const name of ['a', 'b', 'c']) expect(plain(at(height, name, place))).toEqual(plain(tagRoot(entries.filter(({ datasetTag }) => toHex(datasetTag) === toHex(tag(name))))));
        }
      }),
      { numRuns: 30 },
    );
  });
});
