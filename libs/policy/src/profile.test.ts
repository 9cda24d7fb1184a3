import { beforeAll, describe, expect, it } from 'vitest';
import { parsePem } from '@selvedge/identity';
import { NetworkProfileSchema, encodeMessage, profileDigest } from '@selvedge/protocol';
import { UNLOCK_SUITE } from './profile-checks.js';
import { createProfile, parseProfile } from './profile.js';
import { MSP_IDS, makeNetwork, type ProfileInit, type TestNetwork } from './testdata/network.js';
import { refusal } from './testdata/refusal.js';

let network: TestNetwork;

/** What parseProfile says of the test profile with these fields replaced. */
const refused = (change: ProfileInit): string => refusal(() => parseProfile(encodeMessage(NetworkProfileSchema, { ...network.init, ...change })));

beforeAll(async () => {
  network = await makeNetwork();
});

describe('parseProfile', () => {
  it('takes a proper profile', () => {
    const bytes = createProfile(network.init);
    const profile = parseProfile(bytes);
    expect(profile.bytes).toBe(bytes);
    expect(profile.digest).toEqual(profileDigest(bytes));
    expect(profile.msps.mspIds).toEqual(MSP_IDS);
    expect(profile.message.adminQuorum).toBe(2);
  });

  it('takes one without a sequencer, as on Fabric', () => {
    expect(refused({ sequencer: new Uint8Array(0) })).toBe('nothing was refused');
  });

  it('refuses what does not parse, or is too large', () => {
    expect(refusal(() => parseProfile(new Uint8Array([0xff])))).toMatch(/^PROFILE_INVALID: .*does not parse/);
    expect(refusal(() => parseProfile(new Uint8Array(1024 * 1024 + 1)))).toMatch(/^PROFILE_INVALID: .*too large/);
  });

  it('refuses fields that it does not know', () => {
    // Field 99 of type bytes, with no byte.
    const bytes = Uint8Array.from([...createProfile(network.init), 0x9a, 0x06, 0x00]);
    expect(refusal(() => parseProfile(bytes))).toMatch(/^PROFILE_INVALID: .*unknown fields/);
  });

  it.each([
    ['an empty network name', { network: '' }, /network name/],
    ['a network name with a slash', { network: 'a/b' }, /network name/],
    ['an empty channel name', { channel: '' }, /channel name/],
    ['version 0', { version: 0n }, /version below 1/],
    ['no organisation', { organisations: [], adminQuorum: 0, viewQuorum: 0 }, /no organisation/],
    ['an MSP id that no policy can name', { organisations: [{ mspId: "O'MSP" }] }, /not an MSP id/],
    ['an admin quorum of 0', { adminQuorum: 0 }, /admin_quorum/],
    ['an admin quorum above the organisations', { adminQuorum: 4 }, /admin_quorum/],
    ['a view quorum of 0', { viewQuorum: 0 }, /view_quorum/],
    ['a view quorum above the organisations', { viewQuorum: 4 }, /view_quorum/],
    ['no suite', { allowedSuites: [] }, /no suite/],
    ['a suite twice', { allowedSuites: ['P256-AES256GCM-SHA256', 'P256-AES256GCM-SHA256'] }, /suite is listed twice/],
    ['an unknown suite', { allowedSuites: ['ROT13'] }, /unknown suite/],
    ['a simulated root that is no certificate', { simulatedRoots: [new Uint8Array([0x30, 0])] }, /simulated root 0/],
    ['a sequencer that is no identity', { sequencer: new Uint8Array([1]) }, /sequencer is not an identity/],
  ] as [string, ProfileInit, RegExp][])('refuses %s', (_, change, reason) => {
    const text = refused(change);
    expect(text).toMatch(/^PROFILE_INVALID: network profile: /);
    expect(text).toMatch(reason);
  });

  it('refuses organisations out of order or twice, and appraisal policies that are refused by themselves', () => {
    const organisations = network.init.organisations ?? [];
    const [first] = organisations;
    expect(refused({ organisations: [...organisations].reverse() })).toMatch(/^PROFILE_INVALID: .*organisations are not sorted/);
    expect(refused({ organisations: [first!, first!, ...organisations.slice(1)] })).toMatch(/^PROFILE_INVALID: .*organisations are not sorted/);
    expect(refused({ appraisalPolicies: [{ role: 'compute', teeType: 'simulated' }] })).toMatch(/^PROFILE_INVALID: .*no measurement is admitted/);
  });

  describe('unlock keys', () => {
    const makeKey = (): Uint8Array => UNLOCK_SUITE.generateKemKeyPair().publicKey;
    const withKeys = (keys: readonly Uint8Array[], change: ProfileInit = {}) =>
      refused({ organisations: (network.init.organisations ?? []).map((organisation, i) => ({ ...organisation, unlockKey: keys[i] ?? new Uint8Array(0) })), ...change });
    const admitsBroker: ProfileInit = { appraisalPolicies: [{ role: 'key-broker', teeType: 'simulated', measurements: [new Uint8Array(48).fill(7)] }] };

    it('are points on P-256, to which a share can be sealed, each of one organisation', () => {
      const [one, two] = [makeKey(), makeKey()];
      const offTheCurve = Uint8Array.from(one, (byte, i) => (i === 64 ? byte ^ 1 : byte));
      expect(withKeys([one, two])).toBe('nothing was refused');
      for (const wrong of [offTheCurve, one.subarray(0, 64), Uint8Array.of(2, ...one.subarray(1)), Uint8Array.of(4, ...new Uint8Array(64)), Uint8Array.of(0)]) {
        expect(withKeys([wrong, two])).toMatch(/^PROFILE_INVALID: .*unlock key of Org1MSP/);
      }
      expect(withKeys([one, one])).toMatch(/^PROFILE_INVALID: .*two organisations have one unlock key/);
    });

    it('are as many as admin_quorum asks shares of, where the profile admits a key broker', () => {
      expect(withKeys([makeKey(), makeKey()], admitsBroker)).toBe('nothing was refused');
      expect(withKeys([makeKey()], admitsBroker)).toMatch(/^PROFILE_INVALID: .*unlock keys of 1 organisations, but admin_quorum asks shares of 2/);
      expect(withKeys([], admitsBroker)).toMatch(/^PROFILE_INVALID: .*unlock keys of 0 organisations/);
      expect(withKeys([makeKey(), makeKey()], { ...admitsBroker, adminQuorum: 3 })).toMatch(/^PROFILE_INVALID/);
      expect(withKeys([])).toBe('nothing was refused');
    });
  });

  it('refuses simulated roots twice, too many of them, and more than one certificate in one', () => {
    const [root] = network.init.simulatedRoots as [Uint8Array];
    expect(refused({ simulatedRoots: [root, root] })).toMatch(/^PROFILE_INVALID: .*root is listed twice/);
    expect(refused({ simulatedRoots: Array.from({ length: 17 }, () => root) })).toMatch(/^PROFILE_INVALID: .*more than 16 simulated roots/);
    expect(refused({ simulatedRoots: [Uint8Array.from([...root, 0])] })).toMatch(/^PROFILE_INVALID: .*simulated root 0/);
  });

  it('refuses a simulated root above the size of a certificate', async () => {
    const { certificatePem } = await network.organisations[0]!.ca.issue({ commonName: 'large', role: 'client', attributes: { large: 'x'.repeat(17_000) } });
    expect(refused({ simulatedRoots: [parsePem(certificatePem, 'CERTIFICATE', 'INTERNAL')] })).toMatch(/^PROFILE_INVALID: .*simulated root 0/);
  });

  it('refuses organisations whose certificates do not hold, and a sequencer of another role', async () => {
    const organisations = [{ mspId: 'Org1MSP', rootCertificates: [] }];
    expect(refused({ organisations, adminQuorum: 1, viewQuorum: 1 })).toMatch(/^PROFILE_INVALID: Org1MSP: no root/);
    const peer = await network.organisations[0]!.signer('peer');
    expect(refused({ sequencer: peer.serialized })).toMatch(/^PROFILE_INVALID: .*role peer, orderer expected/);
  });
});

describe('createProfile', () => {
  it('puts organisations, appraisal policies and measurements in order', () => {
    const [low, high] = [new Uint8Array(48).fill(1), new Uint8Array(48).fill(2)];
    const bytes = createProfile({
      ...network.init,
      organisations: [...(network.init.organisations ?? [])].reverse(),
      appraisalPolicies: [{ role: 'viewer', teeType: 'simulated', measurements: [low] }, { role: 'compute', teeType: 'simulated', measurements: [high, low] }],
    });
    const { message } = parseProfile(bytes);
    expect(message.organisations.map((organisation) => organisation.mspId)).toEqual(MSP_IDS);
    expect(message.appraisalPolicies.map((policy) => policy.role)).toEqual(['compute', 'viewer']);
    expect(message.appraisalPolicies[0]?.measurements).toEqual([low, high]);
  });

  it('refuses what parseProfile refuses', () => {
    expect(refusal(() => createProfile({ ...network.init, adminQuorum: 0 }))).toMatch(/^PROFILE_INVALID/);
  });
});
