import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { CoreSchema, createItemOverlay, GuardKind, withDependents, type Core, type EntryReader } from './index.js';

const hash = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const NOTHING: EntryReader = { version: () => hash(90), guard: () => hash(91), keyPolicy: () => hash(92) };
const AT: Parameters<EntryReader['version']> = ['stones', 'o', 'd', hash(1)];

type Section = NonNullable<MessageInitShape<typeof CoreSchema>['sections']>[number];
function item(txId: number, section: Section): Core {
  return create(CoreSchema, { txId: hash(txId), sections: [{ contract: 'stones', ...section }] });
}
const place = { ownerSet: 'o', dataset: 'd', ledgerKey: hash(1) };
const puts = (packet: number): Section => ({ writes: [{ ...place, effect: { case: 'packetHash', value: hash(packet) } }] });
const reads = (packet: number): Section => ({ reads: [{ ...place, packetHash: hash(packet) }] });

describe('the ledger as an item of a batch meets it', () => {
  it('is what stands until an item writes, and the last item that wrote from then on', () => {
    const overlay = createItemOverlay(NOTHING);
    expect(overlay.version(...AT)).toEqual(hash(90));
    overlay.apply(item(1, puts(10)));
    overlay.apply(item(2, puts(11)));
    expect(overlay.version(...AT)).toEqual(hash(11));
    for (const effect of ['delete', 'purge'] as const) {
      overlay.apply(item(3, puts(12)));
      overlay.apply(item(4, { writes: [{ ...place, effect: { case: effect, value: true } }] }));
      expect(overlay.version(...AT)).toBeUndefined();
    }
    const others: Parameters<EntryReader['version']>[] = [['pearls', 'o', 'd', hash(1)], ['stones', 'p', 'd', hash(1)], ['stones', 'o', 'e', hash(1)], ['stones', 'o', 'd', hash(2)]];
    for (const other of others) expect(overlay.version(...other)).toEqual(hash(90));
  });

  it('has guards that name the item which wrote them', () => {
    const overlay = createItemOverlay(NOTHING);
    overlay.apply(item(7, { guardsWritten: [{ ownerSet: 'o', dataset: 'd', guardKey: hash(1), kind: GuardKind.MEMBERSHIP }] }));
    expect(overlay.guard(...AT)).toEqual(hash(7));
    expect(overlay.guard('stones', 'o', 'd', hash(2))).toEqual(hash(91));
  });

  it('has the key policies that items set, and none for keys that they removed', () => {
    const overlay = createItemOverlay(NOTHING);
    overlay.apply(item(1, puts(10)));
    expect(overlay.isKeyPolicyChanged(...AT)).toBe(false);
    overlay.apply(item(2, { writes: [{ ...place, effect: { case: 'keep', value: true }, keyPolicy: hash(5) }] }));
    expect([overlay.isKeyPolicyChanged(...AT), overlay.keyPolicy(...AT), overlay.version(...AT)]).toEqual([true, hash(5), hash(10)]);
    overlay.apply(item(3, { writes: [{ ...place, effect: { case: 'delete', value: true } }] }));
    expect(overlay.keyPolicy(...AT)).toBeUndefined();
  });
});

describe('dependents', () => {
  it('are the items whose reads name what a dropped one was the last to write, directly or not', () => {
    const other = { ownerSet: 'o', dataset: 'd', ledgerKey: hash(2) };
    const cores = [
      item(1, puts(10)),
      item(2, { reads: [{ ...place, packetHash: hash(10) }], writes: [{ ...other, effect: { case: 'packetHash', value: hash(20) } }] }),
      item(3, puts(11)),
      item(4, reads(11)),
      item(5, { reads: [{ ...other, packetHash: hash(20) }] }),
    ];
    expect([...withDependents(cores, new Set([0]))].sort()).toEqual([0, 1, 4]);
    expect([...withDependents(cores, new Set([2]))].sort()).toEqual([2, 3]);
    expect([...withDependents(cores, new Set([4]))]).toEqual([4]);
    expect([...withDependents(cores, new Set())]).toEqual([]);
  });
});
