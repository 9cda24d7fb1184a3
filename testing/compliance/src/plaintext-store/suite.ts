import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PlaintextBlock, PlaintextChange, PlaintextStore } from '@selvedge/business';
import { refusalCodeOf } from '@selvedge/fixtures';
import { createChange, ledgerKeyOf, type ChangeInit } from './changes.js';
import { comparable, modelOf } from './model.js';
import { OWNER, type PlaintextPlaceUnderTest, type PlaintextStoreUnderTest } from './ports.js';
import { blocksArbitrary } from './arbitraries.js';

const NAMES = ['', 'stones', 'Stones', 'a-b', 'a_b', 'a.b', '"; DROP SCHEMA selvedge CASCADE; --', "it's $1 $$", '宝石', 'x'.repeat(200), `${'x'.repeat(200)}y`, '9lives', '../..'];
/** Nothing makes it shorter: an index that compresses what it holds does not take it. */
const LONG = Array.from({ length: 900 }, (_, i) => createHash('sha256').update(String(i)).digest('hex')).join('');
const KEYS = ['', 'stone-1', '\0stone\0aurora\0"1"\0', '\0', 'a\0b', 'a\u2400b', '\0stone\0{a,\\"b"}\0\0', 'NULL', '{}', '\\x00', '石🪨\u{10ffff}\ufeff', '\u0001\u007f\ufffe', "'; --", 'k'.repeat(60_000), LONG];
const VALUES = ['', '{"carat":3}', 'null', '"\\u0000"', '"\\ud800"', '1e400000', '[1', '['.repeat(20_000) + ']'.repeat(20_000), 'plain', Buffer.of(0), Buffer.from([0xff, 0xfe, 0]), Buffer.alloc(3_000_000, 7)];

/** What every store of plaintext datasets does, run against one adapter. */
export function describePlaintextStore(name: string, create: () => Promise<PlaintextStoreUnderTest>): void {
  describe(`store of plaintext datasets: ${name}`, { timeout: 60_000 }, () => {
    let adapter: PlaintextStoreUnderTest;
    let place: PlaintextPlaceUnderTest;
    let store: PlaintextStore;
    let applied: PlaintextBlock[];

    beforeAll(async () => {
      adapter = await create();
    }, 60_000);
    afterAll(() => adapter.close());
    beforeEach(async () => {
      place = await adapter.createPlace();
      store = await place.open();
      applied = [];
      return () => store.close();
    });

    const apply = async (number: bigint, ...changes: readonly (ChangeInit | PlaintextChange)[]): Promise<void> => {
      const block = { number, changes: changes.map((change) => ('ledgerKey' in change ? change : createChange(change))) };
      await store.apply(block);
      applied.push(block);
    };
    const expectContents = async (): Promise<void> => {
      expect(comparable(await place.contents())).toEqual(comparable(modelOf(applied)));
      expect(await store.checkpoint()).toBe(applied.at(-1)?.number);
    };
    const valueOf = async (key: string, { contract = 'gems', dataset = 'auroraStones' } = {}): Promise<string | undefined> => {
      const entry = await store.get(contract, dataset, ledgerKeyOf(contract, dataset, key));
      return entry && Buffer.from(entry.value).toString();
    };

    it('is empty at first', async () => {
      expect(await store.checkpoint()).toBeUndefined();
      expect(await valueOf('stone-1')).toBeUndefined();
      await expectContents();
    });

    it('gives back what was put, with its packet’s header and hash, transaction and block', async () => {
      const change = createChange({ key: 'stone-1', value: '{"carat":3}' });
      await apply(7n, change);
      const { value, packetHeader, packetHash, ...rest } = (await store.get('gems', 'auroraStones', change.ledgerKey))!;
      expect(rest).toEqual({ key: 'stone-1', txId: change.txId, blockNumber: 7n });
      expect([value, packetHeader, packetHash].map((bytes) => Buffer.from(bytes))).toEqual([change.value, change.packetHeader, change.packetHash].map((bytes) => Buffer.from(bytes!)));
      await expectContents();
    });

    it('applies the changes of blocks in order: of two in one block, the later stands', async () => {
      await apply(0n, { key: 'a', value: '1' }, { key: 'b', value: '1' }, { key: 'a', value: '2' }, { key: 'c' });
      await apply(1n, { key: 'b' }, { key: 'c', value: '3' }, { key: 'c' }, { key: 'd' }, { key: 'd', value: '4' });
      await apply(2n);
      await apply(3n, { key: 'b', value: '5' });
      expect(await Promise.all(['a', 'b', 'c', 'd'].map((key) => valueOf(key)))).toEqual(['2', '5', undefined, '4']);
      await expectContents();
    });

    it('takes a block once, whatever comes under its number again', async () => {
      await apply(4n, { key: 'a', value: '1' });
      await apply(5n, { key: 'a', value: '2' });
      for (const number of [5n, 4n, 3n, 0n]) await store.apply({ number, changes: [createChange({ key: 'a', value: 'again' }), createChange({ dataset: 'other', key: 'b', value: 'again' })] });
      await expectContents();
    });

    it('refuses a block that does not follow, and keeps nothing of it', async () => {
      await apply(4n, { key: 'a', value: '1' });
      for (const number of [6n, 7n, 2n ** 40n]) expect(await refusalCodeOf(store.apply({ number, changes: [createChange({ key: 'a', value: 'gap' })] }))).toBe('PLAINTEXT_STORE_GAP');
      await apply(5n, { key: 'b', value: '2' });
      await expectContents();
    });

    it('applies blocks that are handed in at once in the order of the calls', async () => {
      const blocks = Array.from({ length: 20 }, (_, i) => ({ number: BigInt(i), changes: [createChange({ key: 'a', value: String(i) }), createChange({ dataset: `set-${String(i % 3)}`, key: 'b', value: String(i) })] }));
      await Promise.all(blocks.map((block) => store.apply(block)));
      applied.push(...blocks);
      await expectContents();
    });

    it.each<[string, Partial<PlaintextChange>, string]>([
      ['a ledger key of another length', { ledgerKey: new Uint8Array(31) }, 'MALFORMED_MESSAGE'],
      ['a packet hash of another length', { packetHash: new Uint8Array(33) }, 'MALFORMED_MESSAGE'],
      ['a key that is not Unicode', { key: 'stone-\ud800' }, 'MALFORMED_MESSAGE'],
      ['a transaction id that is not hex', { txId: "'" }, 'MALFORMED_MESSAGE'],
      ['a contract with U+0000', { contract: 'ge\0ms' }, 'MALFORMED_MESSAGE'],
      ['a dataset that is not Unicode', { dataset: '\udfff' }, 'MALFORMED_MESSAGE'],
      ['a dataset with a long name', { dataset: 'x'.repeat(513) }, 'LIMIT_EXCEEDED'],
    ])('refuses a block with %s as a whole', async (_name, change, code) => {
      await apply(0n, { key: 'a', value: '1' });
      const bad = { number: 1n, changes: [createChange({ key: 'a', value: '2' }), { ...createChange({ key: 'b', value: '2' }), ...change }] };
      expect(await refusalCodeOf(store.apply(bad))).toBe(code);
      expect(await refusalCodeOf(store.apply({ number: 2n ** 63n, changes: [] }))).toBe('LIMIT_EXCEEDED');
      await expectContents();
    });

    it('keeps nothing of a block that fails on its way', async () => {
      await apply(0n, { key: 'a', value: '1' });
      const failing = {
        ...createChange({ dataset: 'others', key: 'c', value: '2' }),
        get packetHeader(): Uint8Array {
          throw new Error('no header');
        },
      };
      await expect(store.apply({ number: 1n, changes: [createChange({ key: 'a', value: '2' }), createChange({ key: 'b', value: '2' }), failing] })).rejects.toThrow();
      await expectContents();
      await apply(1n, { key: 'a', value: '3' }, { dataset: 'others', key: 'c', value: '3' });
      await expectContents();
    });

    it('keeps entries of contracts and datasets apart, whatever their names', async () => {
      const changes = NAMES.flatMap((contract) => NAMES.map((dataset) => ({ contract, dataset, key: 'same', value: `${contract}|${dataset}` })));
      await apply(0n, ...changes);
      await apply(1n, { contract: 'a-b', dataset: 'a_b', key: 'same' }, { contract: 'a_b', dataset: 'a-b', key: 'same', value: 'new' });
      await expectContents();
      for (const [contract, dataset, expected] of [['a-b', 'a_b', undefined], ['a_b', 'a-b', 'new'], ['a.b', 'a.b', 'a.b|a.b']] as const) expect(await valueOf('same', { contract, dataset })).toBe(expected);
    });

    it('keeps keys and values of any kind', async () => {
      await apply(0n, ...KEYS.map((key) => ({ key, value: key })));
      await apply(1n, ...VALUES.map((value, i) => ({ dataset: 'values', key: String(i), value })));
      await expectContents();
      for (const key of KEYS) expect(await valueOf(key)).toBe(key);
    });

    it('applies a block of many changes, and one of large values, as a whole', async () => {
      await apply(0n, ...Array.from({ length: 4_000 }, (_, i) => ({ key: `key-${String(i)}`, value: `{"i":${String(i)}}`, dataset: i % 2 === 0 ? 'even' : 'odd' })));
      await apply(1n, ...Array.from({ length: 4_000 }, (_, i) => ({ key: `key-${String(i)}`, value: i % 3 === 0 ? undefined : 'x', dataset: i % 2 === 0 ? 'even' : 'odd' })));
      await apply(2n, ...Array.from({ length: 12 }, (_, i) => ({ key: `large-${String(i)}`, value: Buffer.alloc(1_000_000, i) })));
      await expectContents();
    });

    it('goes on where it was after it was closed', async () => {
      await apply(0n, { key: 'a', value: '1' });
      await store.close();
      store = await place.open();
      await apply(1n, { key: 'b', value: '2' });
      await expectContents();
    });

    it('has one writer: a second is refused, and told by whom', async () => {
      await expect(place.open()).rejects.toMatchObject({ code: 'PLAINTEXT_STORE_IN_USE', message: expect.stringContaining('AuroraMSP/node-1 on channel gemstones') as string });
      await apply(0n, { key: 'a', value: '1' });
      await expectContents();
    });

    it('is one node’s, of one channel, for good: others are refused, and told whose it is', async () => {
      await apply(0n, { key: 'a', value: '1' });
      await store.close();
      for (const other of [{ ...OWNER, node: 'BorealisMSP/node-1' }, { ...OWNER, channel: 'metals' }]) {
        await expect(place.open(other)).rejects.toMatchObject({ code: 'PLAINTEXT_STORE_IN_USE', message: expect.stringContaining('AuroraMSP/node-1 on channel gemstones') as string });
      }
      // Another chain may have the same names.
      expect(await refusalCodeOf(place.open({ ...OWNER, ledger: 'cd'.repeat(32) }))).toBe('PLAINTEXT_STORE_FOREIGN');
      store = await place.open();
      await expectContents();
    });

    it('holds what a model holds, after any blocks, repeats, gaps and restarts', async () => {
      await fc.assert(
        fc.asyncProperty(blocksArbitrary, async (steps) => {
          place = await adapter.createPlace();
          await store.close();
          store = await place.open();
          applied = [];
          let next = 0n;
          for (const { changes, repeat, gap, reopen } of steps) {
            if (reopen) {
              await store.close();
              store = await place.open();
            }
            await apply(next, ...changes);
            if (repeat > 0) await store.apply({ number: next - BigInt(repeat - 1) < 0n ? 0n : next - BigInt(repeat - 1), changes: changes.map(createChange).reverse() });
            if (gap > 0) expect(await refusalCodeOf(store.apply({ number: next + 1n + BigInt(gap), changes: changes.map(createChange) }))).toBe('PLAINTEXT_STORE_GAP');
            next += 1n;
          }
          await expectContents();
        }),
        { numRuns: 15 },
      );
    });
  });
}
