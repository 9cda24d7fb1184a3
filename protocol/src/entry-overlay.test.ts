import { describe, expect, it } from 'vitest';
import { createEntryOverlay, isRemoval, keyPolicyAfter, type EntryPlace } from './entry-overlay.js';
import type { WriteEntry } from './gen/selvedge/v1/target_data_pb.js';

const key = (mark: number): Uint8Array => new Uint8Array(32).fill(mark);
const AT = ['c', 'o', 'd', key(1)] as const;
const base = { version: () => key(10), guard: () => key(20), keyPolicy: () => key(30) };

describe('an entry overlay', () => {
  it('shows what stands where nothing was laid over it, and removals as well as values where something was', () => {
    const overlay = createEntryOverlay(base);
    const shown = () => [overlay.version(...AT), overlay.guard(...AT), overlay.keyPolicy(...AT), overlay.isKeyPolicyChanged(...AT)];
    expect(shown()).toEqual([key(10), key(20), key(30), false]);
    overlay.putVersion(AT, undefined);
    overlay.putGuard(AT, key(21));
    overlay.putKeyPolicy(AT, undefined);
    expect(shown()).toEqual([undefined, key(21), undefined, true]);
    overlay.putVersion(AT, key(11));
    overlay.putKeyPolicy(AT, key(31));
    expect(shown()).toEqual([key(11), key(21), key(31), true]);
  });

  it('tells places apart whose names run together', () => {
    const overlay = createEntryOverlay(base);
    overlay.putVersion(['c', 'o', 'd', key(1)], key(11));
    const places: EntryPlace[] = [['co', '', 'd', key(1)], ['', 'co', 'd', key(1)], ['c', 'od', '', key(1)], ['c', 'o', 'd', key(2)]];
    for (const place of places) expect(overlay.version(...place)).toEqual(key(10));
  });
});

describe('a write', () => {
  const write = (effect: WriteEntry['effect'], keyPolicy?: Uint8Array): Pick<WriteEntry, 'effect' | 'keyPolicy'> => ({ effect, ...(keyPolicy !== undefined && { keyPolicy }) });
  it.each<[string, Pick<WriteEntry, 'effect' | 'keyPolicy'>, Uint8Array | 'kept', boolean]>([
    ['of a value keeps the policy', write({ case: 'packetHash', value: key(1) }), 'kept', false],
    ['of a value and a policy sets it', write({ case: 'packetHash', value: key(1) }, key(2)), key(2), false],
    ['of a policy alone sets it', write({ case: 'keep', value: true }, key(2)), key(2), false],
    ['of an empty policy ends it', write({ case: 'keep', value: true }, new Uint8Array(0)), new Uint8Array(0), false],
    ['that deletes ends it', write({ case: 'delete', value: true }), new Uint8Array(0), true],
    ['that purges ends it', write({ case: 'purge', value: true }), new Uint8Array(0), true],
  ])('%s', (_, made, policy, removes) => {
    expect([keyPolicyAfter(made), isRemoval(made)]).toEqual([policy, removes]);
  });
});
