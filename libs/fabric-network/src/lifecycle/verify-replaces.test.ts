import { refusalCode } from '@selvedge/fixtures';
import { describe, expect, it } from 'vitest';
import type { CommittedCollection, CommittedDefinition } from './outputs.js';
import { isOwnDefinition, verifyReplaces } from './verify-replaces.js';

const OURS = '1-0123456789ab';
const MARKER = 'selvedge-marker';
const MEMBERS = ['AMSP', 'BMSP'];
const collection = (name: string, { blockToLive = 0, members = MEMBERS }: Partial<CommittedCollection> = {}): CommittedCollection => ({ name, blockToLive, members });
const definitionOf = (version: string, collections: readonly CommittedCollection[]): CommittedDefinition => ({ version, sequence: 1, approvals: {}, collections });
const configOf = (names: readonly string[], members: readonly string[] = MEMBERS): string => JSON.stringify(names.map((name) => ({ name, policy: `OR(${members.map((mspId) => `'${mspId}.member'`).join(', ')})` })));

/** @param wanted names of collections, beside the markers' @param members of all of them */
function verdict(version: string | undefined, present: readonly CommittedCollection[], wanted: readonly string[], takesOver: readonly string[] = [], members: readonly string[] = MEMBERS): string | undefined {
  const committed = version === undefined ? undefined : definitionOf(version, present);
  const definition = { channel: 'main', name: 'deeds', version: '1', policy: { signaturePolicy: 'x' }, collections: configOf([...wanted, MARKER], members) };
  return refusalCode(() => { verifyReplaces(committed, definition, takesOver); });
}

describe('verifyReplaces', () => {
  it('lets a first definition be, and one that takes the place of our own', () => {
    expect(verdict(undefined, [], ['a'])).toBeUndefined();
    expect(verdict(OURS, [collection('a'), collection(MARKER)], ['a', 'b'])).toBeUndefined();
    expect(verdict('2.1', [collection('old')], ['a', 'old'], ['old'])).toBeUndefined();
    expect(() => { verifyReplaces(undefined, { channel: 'main', name: 'deeds', version: '1', policy: { signaturePolicy: 'x' } }, []); }).not.toThrow();
  });

  it('lets members of a collection that is taken over leave, and its own collections have new ones', () => {
    expect(verdict('2.1', [collection('old')], ['old'], ['old'], ['BMSP'])).toBeUndefined();
    expect(verdict(OURS, [collection('a'), collection(MARKER)], ['a'], [], [...MEMBERS, 'CMSP'])).toBeUndefined();
  });

  it.each([
    ['other chaincode under the name, which is not taken over', verdict('2.1', [], ['a']), 'CHAINCODE_NAME_TAKEN'],
    ['other chaincode whose version begins like ours', verdict(`${OURS}-2`, [collection(MARKER)], ['a']), 'CHAINCODE_NAME_TAKEN'],
    ['other chaincode whose version is a number of a build and a hash', verdict('142-9fceb02d0ae5', [], ['a']), 'CHAINCODE_NAME_TAKEN'],
    ['a collection to take over where there is no chaincode', verdict(undefined, [], ['old'], ['old']), 'TAKE_OVER_IMPOSSIBLE'],
    ['a collection to take over that the chaincode lacks', verdict('2.1', [collection('other')], ['old', 'other'], ['old']), 'TAKE_OVER_IMPOSSIBLE'],
    ['a collection to take over that peers forget', verdict('2.1', [collection('old', { blockToLive: 7 })], ['old'], ['old']), 'TAKE_OVER_IMPOSSIBLE'],
    ['a new member of a collection that is taken over', verdict('2.1', [collection('old')], ['old'], ['old'], [...MEMBERS, 'CMSP']), 'TAKE_OVER_IMPOSSIBLE'],
    ['a new member of a collection that was taken over', verdict(OURS, [collection('old'), collection(MARKER)], ['old'], ['old'], ['AMSP', 'CMSP']), 'TAKE_OVER_IMPOSSIBLE'],
    ['a collection left out that is not taken over', verdict('2.1', [collection('old'), collection('other')], ['old'], ['old']), 'COLLECTION_LEFT_OUT'],
    ['a collection of ours left out', verdict(OURS, [collection('a'), collection('b'), collection(MARKER)], ['a']), 'COLLECTION_LEFT_OUT'],
  ])('refuses %s', (_what, found, code) => {
    expect(found).toBe(code);
  });
});

describe('isOwnDefinition', () => {
  it('knows the policy chaincode, which has no collections, by its version alone', () => {
    expect([OURS, '2.1'].map((version) => isOwnDefinition(definitionOf(version, []), {}))).toEqual([true, false]);
  });
});
