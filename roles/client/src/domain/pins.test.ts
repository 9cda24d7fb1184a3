import { createEnvelopeKeys, createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { SUITE_NAMES } from '@selvedge/crypto';
import { createProfile, createSignedProfile, signProfile } from '@selvedge/policy';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { isSelvedgeError } from '@selvedge/errors';
import type { TrustedEnvelope } from './envelope.js';
import { anchorProfile, newestPins, parsePins, printPins, signedProfileOf, type PinnedNetwork } from './pins.js';

let consortium: TestConsortium;
let other: TestConsortium;
beforeAll(async () => {
  [consortium, other] = [await createTestConsortium(), await createTestConsortium()];
});

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (isSelvedgeError(error)) return error.code;
    throw error;
  }
  return 'nothing was refused';
};

const envelope = (epoch: bigint, contracts: Readonly<Record<string, bigint>> = { diamonds: epoch }): TrustedEnvelope => ({
  keys: new Map(SUITE_NAMES.map((suite) => [suite, { epoch, publicKey: new Uint8Array(createEnvelopeKeys()[suite].publicKey) }])),
  contractEpochs: new Map(Object.entries(contracts)),
});
const pinned = (signedProfile = consortium.signedProfile, epoch = 1n): PinnedNetwork => ({ signedProfile, envelope: envelope(epoch) });

/** The consortium's profile in another version, signed by its administrators. */
function version(number: bigint): Uint8Array {
  return signed(consortium, createProfile({ ...consortium.profile.message, version: number }));
}

function signed(by: TestConsortium, bytes: Uint8Array): Uint8Array {
  return createSignedProfile(bytes, [...by.organisations.values()].map(({ admin }) => signProfile(bytes, admin.signer)));
}

describe('the profile to trust', () => {
  it('is the given one where nothing is pinned, or the same', () => {
    expect(anchorProfile(consortium.signedProfile, undefined).digest).toEqual(consortium.profile.digest);
    expect(anchorProfile(consortium.signedProfile, pinned()).digest).toEqual(consortium.profile.digest);
  });

  it('is the pinned one where the given one is older', () => {
    expect(anchorProfile(consortium.signedProfile, pinned(version(3n))).message.version).toBe(3n);
  });

  it('is a newer one that the organisations of the pinned one signed', () => {
    expect(anchorProfile(version(4n), pinned(version(3n))).message.version).toBe(4n);
  });

  it('is no other of the same version, no newer one of strangers, and none of another network', () => {
    expect(codeOf(() => anchorProfile(other.signedProfile, pinned()))).toBe('PROFILE_MISMATCH');
    const { message } = other.profile;
    expect(codeOf(() => anchorProfile(signed(other, createProfile({ ...message, version: 9n })), pinned()))).toBe('PROFILE_SIGNATURES_MISSING');
    expect(codeOf(() => anchorProfile(signed(other, createProfile({ ...message, channel: 'elsewhere' })), pinned()))).toBe('PROFILE_MISMATCH');
  });

  it('is none that the same organisations signed for another network or channel, older or newer', () => {
    for (const change of [{ network: 'elsewhere' }, { channel: 'elsewhere' }]) {
      for (const number of [2n, 4n]) {
        const foreign = signed(consortium, createProfile({ ...consortium.profile.message, ...change, version: number }));
        expect(codeOf(() => anchorProfile(foreign, pinned(version(3n))))).toBe('PROFILE_MISMATCH');
      }
    }
  });

  it('needs its signatures, pinned or not', () => {
    const bare = createSignedProfile(consortium.profile.bytes, []);
    expect(codeOf(() => anchorProfile(bare, undefined))).toBe('PROFILE_SIGNATURES_MISSING');
    expect(codeOf(() => anchorProfile(consortium.signedProfile, pinned(bare)))).toBe('PROFILE_SIGNATURES_MISSING');
  });
});

describe('pins', () => {
  it('never go back, whoever kept last', () => {
    const newest = newestPins(pinned(version(3n), 2n), { signedProfile: consortium.signedProfile, envelope: envelope(1n, { diamonds: 5n, opals: 1n }) });
    expect(anchorProfile(consortium.signedProfile, newest).message.version).toBe(3n);
    expect([...newest.envelope.keys.values()].map(({ epoch }) => epoch)).toEqual(SUITE_NAMES.map(() => 2n));
    expect(newest.envelope.contractEpochs).toEqual(new Map([['diamonds', 5n], ['opals', 1n]]));
  });

  it('hold the signed bytes of the profile in force', () => {
    expect(signedProfileOf(consortium.profile, [undefined, other.signedProfile, consortium.signedProfile])).toBe(consortium.signedProfile);
    expect(codeOf(() => signedProfileOf(consortium.profile, [other.signedProfile]))).toBe('PROFILE_MISMATCH');
  });

  it('are the same after printing and parsing', () => {
    const pins = pinned(version(3n), 7n);
    expect(parsePins(printPins(pins))).toEqual(pins);
    expect(printPins(parsePins(printPins(pins)))).toBe(printPins(pins));
  });

  it('are refused by code when they do not parse, whatever comes', () => {
    const text = printPins(pinned());
    const changed = (change: object): string => JSON.stringify({ ...(JSON.parse(text) as object), ...change });
    for (const bad of ['', '{', '[]', changed({ version: 2 }), changed({ signedProfile: '!' }), changed({ contracts: [{ contract: 'a', epoch: '0' }] }), changed({ envelopeKeys: [{ suite: 'SM2-SM4GCM-SM3', epoch: '1e3', publicKey: 'AA==' }] })]) {
      expect(codeOf(() => parsePins(bad)), bad.slice(0, 60)).toBe('INVALID_CONFIGURATION');
    }
    expect(codeOf(() => parsePins(changed({ signedProfile: 'AAAA' })))).toBe('PROFILE_INVALID');
    expect(codeOf(() => parsePins(changed({ envelopeKeys: [{ suite: 'none', epoch: '1', publicKey: 'AA==' }] })))).toBe('UNKNOWN_SUITE');
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.jsonValue().map((value) => changed({ contracts: value })), fc.jsonValue().map((value) => changed({ envelopeKeys: value }))), (bad) => {
        codeOf(() => parsePins(bad));
      }),
    );
  });
});
