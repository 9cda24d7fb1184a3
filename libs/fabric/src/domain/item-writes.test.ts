import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { ContractSectionSchema, CoreSchema, createItemOverlay, type Core } from '@selvedge/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ledgerReadsOfItems, writesOfItems } from './item-writes.js';

const bytes = (n: number): Uint8Array => new Uint8Array(32).fill(n);
type Section = MessageInitShape<typeof ContractSectionSchema>;
type Write = NonNullable<Extract<Section, { writes?: unknown }>['writes']>[number];
const item = (txId: number, section: Omit<Extract<Section, { contract?: unknown }>, '$typeName'>): Core => create(CoreSchema, { txId: bytes(txId), sections: [create(ContractSectionSchema, { contract: 'c', ...section })] });
const write = (key: number, change: Partial<Extract<Write, { ownerSet?: unknown }>> = {}): Write => ({ ownerSet: 'o', dataset: '', ledgerKey: bytes(key), effect: { case: 'packetHash', value: bytes(100 + key) }, ...change }) as Write;
const conflictOf = (keeps: boolean, ...writes: Write[]): string | undefined => writesOfItems(writes.map((each, i) => item(i + 1, { writes: [each] })), 'c', keeps).conflict;
const OLD = new Uint8Array(32);
const POLICY = { keyPolicy: Uint8Array.of(1) };

describe('what items leave', () => {
  it('is each key’s last effect, of the item that made it, and each guard’s last writer', () => {
    const left = writesOfItems([
      item(1, { writes: [write(1), write(2)], guardsWritten: [{ ownerSet: 'o', dataset: '', guardKey: bytes(9) }] }),
      item(2, { writes: [write(1, { effect: { case: 'delete', value: true } })], guardsWritten: [{ ownerSet: 'o', dataset: '', guardKey: bytes(9) }] }),
      item(3, { writes: [write(2, { effect: { case: 'keep', value: true }, ...POLICY })] }),
    ], 'c', true);
    expect(left.conflict).toBeUndefined();
    expect(left.writes.map(({ effect, made, keyPolicy }) => [effect.case, made.txId[0], keyPolicy?.length])).toEqual([['delete', 2, undefined], ['packetHash', 1, 1]]);
    expect([left.guards.map(({ txId }) => txId[0]), left.ownerSets.map(({ txId }) => txId[0]), left.txIds.map((txId) => txId[0])]).toEqual([[2], [3], [1, 2, 3]]);
  });

  it('is nothing that one transaction can write where a policy or a purge would not stand for the next item', () => {
    expect(conflictOf(true, write(1), write(1))).toBeUndefined();
    expect(conflictOf(true, write(1, POLICY), write(1))).toMatch(/own policy/);
    expect(conflictOf(true, write(1, { effect: { case: 'delete', value: true } }), write(1))).toMatch(/own policy/);
    expect(conflictOf(false, write(1, { effect: { case: 'delete', value: true } }), write(1))).toBeUndefined();
    expect(conflictOf(false, write(1, { effect: { case: 'purge', value: true } }), write(1))).toMatch(/purges/);
    expect(conflictOf(false, write(1), write(1, { dataset: 'other' }))).toMatch(/one ledger key/);
  });

  it('falls on one entry once within an item', () => {
    expect(writesOfItems([item(1, { writes: [write(1), write(1, { dataset: 'other' })] })], 'c', false).conflict).toMatch(/one ledger key/);
  });
});

it('what items leave is what they leave one after the other', () => {
  const effect = fc.oneof(fc.integer({ min: 1, max: 99 }).map((value) => ({ case: 'packetHash' as const, value: bytes(value) })), fc.constant({ case: 'delete' as const, value: true }));
  const one = fc.record({ keys: fc.uniqueArray(fc.record({ key: fc.integer({ min: 1, max: 3 }), effect }), { selector: ({ key }) => key, maxLength: 3 }), guard: fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 8 }), (items) => {
      const cores = items.map(({ keys, guard }, i) =>
        item(i + 1, { writes: keys.map(({ key, effect: made }) => write(key, { effect: made })), guardsWritten: guard === undefined ? [] : [{ ownerSet: 'o', dataset: '', guardKey: bytes(guard) }] }));
      const overlay = createItemOverlay({ version: () => OLD, guard: () => OLD, keyPolicy: () => undefined });
      for (const core of cores) overlay.apply(core);
      const left = writesOfItems(cores, 'c', false);
      for (const key of [1, 2, 3]) {
        const last = left.writes.find(({ ledgerKey }) => ledgerKey[0] === key);
        const version = last === undefined ? OLD : last.effect.case === 'packetHash' ? last.effect.value : undefined;
        expect(overlay.version('c', 'o', '', bytes(key))).toEqual(version);
      }
      for (const guard of [1, 2]) expect(overlay.guard('c', 'o', '', bytes(guard))).toEqual(left.guards.find(({ guardKey }) => guardKey[0] === guard)?.txId ?? OLD);
    }),
  );
});

describe('what items read on the ledger', () => {
  it('is not what an earlier one wrote', () => {
    const read = (key: number) => ({ ownerSet: 'o', dataset: '', ledgerKey: bytes(key) });
    const reads = ledgerReadsOfItems([
      item(1, { reads: [read(1)], writes: [write(1), write(2, { effect: { case: 'keep', value: true }, ...POLICY })], guardsRead: [{ ownerSet: 'o', guardKey: bytes(9) }], guardsWritten: [{ ownerSet: 'o', guardKey: bytes(9) }] }),
      item(2, { reads: [read(1), read(2), read(3)], guardsRead: [{ ownerSet: 'o', guardKey: bytes(9) }], keyPolicyReads: [read(1), read(2)] }),
    ], 'c');
    expect(reads.reads.map(({ ledgerKey }) => ledgerKey[0])).toEqual([1, 2, 3]);
    expect(reads.keyPolicyReads.map(({ ledgerKey }) => ledgerKey[0])).toEqual([1]);
    expect(reads.guardsRead).toHaveLength(1);
  });
});
