import { create } from '@bufbuild/protobuf';
import { CoreSchema, type Core, type ContractSectionSchema } from '@selvedge/protocol';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { differenceOf } from './core-difference.js';

type Section = MessageInitShape<typeof ContractSectionSchema>;

const place = { ownerSet: 'houses', dataset: 'old', ledgerKey: new Uint8Array(32).fill(1) };
const [keyHash, packetHash] = [new Uint8Array(32).fill(2), new Uint8Array(32).fill(3)];
const core = (section: Section): Core => create(CoreSchema, { sections: [{ contract: 'stones', ...section }] });
const isOfState = (a: Section, b: Section): boolean[] => [differenceOf([core(a)], [core(b)]), differenceOf([core(b)], [core(a)])].map((difference) => difference.isOfState);
const packet = { case: 'packetHash', value: packetHash } as const;

describe('replicas on either side of a first write in a collection that is taken over', () => {
  it.each<[string, Section, Section]>([
    ['deleted the key, which one read before', { reads: [{ ...place, legacyKeyHash: keyHash, legacyValueHash: packetHash }] }, { reads: [{ ...place, legacyKeyHash: keyHash }] }],
    ['put a packet, which one read', { reads: [{ ...place, legacyKeyHash: keyHash, legacyValueHash: packetHash }] }, { reads: [{ ...place, packetHash }] }],
    ['put a packet, which one overwrites', { writes: [{ ...place, effect: packet, legacyKeyHash: keyHash }] }, { reads: [{ ...place, packetHash }], writes: [{ ...place, effect: packet }] }],
  ])('read other states where that %s', (_what, before, after) => {
    expect(isOfState(before, after)).toEqual([true, true]);
  });

  it('are told apart where they read the same and did otherwise', () => {
    const read = { reads: [{ ...place, packetHash }] };
    expect(isOfState(read, { ...read, writes: [{ ...place, effect: { case: 'purge', value: true }, legacyKeyHash: keyHash }] })).toEqual([false, false]);
    expect(isOfState({ ...read, reads: [...read.reads, { ...place, dataset: 'other' }] }, read)).toEqual([false, false]);
  });
});
