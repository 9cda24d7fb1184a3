import { beforeAll, describe, expect, it } from 'vitest';
import type { Signer } from '@selvedge/identity';
import { createProfile } from './profile.js';
import { createSignedProfile, signProfile, verifyProfileSuccession, verifySignedProfile } from './signed-profile.js';
import { makeNetwork, makeOrganisation, signedBy, type ProfileInit, type TestNetwork, type TestOrganisation } from './testdata/network.js';
import { refusal } from './testdata/refusal.js';

let network: TestNetwork;
let admins: readonly [Signer, Signer, Signer];
let newcomer: TestOrganisation;
let newcomerAdmin: Signer;

beforeAll(async () => {
  network = await makeNetwork();
  admins = network.admins as unknown as typeof admins;
  newcomer = await makeOrganisation('Org4MSP');
  newcomerAdmin = await newcomer.signer('admin');
});

const next = (change: ProfileInit): Uint8Array => createProfile({ ...network.init, version: 2n, ...change });

describe('verifySignedProfile', () => {
  it('takes the signatures of a quorum', () => {
    const { bytes, digest } = network.profile;
    expect(verifySignedProfile(signedBy(bytes, admins.slice(1))).digest).toEqual(digest);
  });

  it('counts organisations, not signatures', async () => {
    const { bytes } = network.profile;
    const colleague = await network.organisations[0]!.signer('admin');
    expect(refusal(() => verifySignedProfile(signedBy(bytes, [])))).toMatch(/^PROFILE_SIGNATURES_MISSING: .*0 organisations signed, 2 needed/);
    expect(refusal(() => verifySignedProfile(signedBy(bytes, [admins[0], admins[0]])))).toMatch(/^PROFILE_SIGNATURES_MISSING/);
    expect(refusal(() => verifySignedProfile(signedBy(bytes, [admins[0], colleague])))).toMatch(/^PROFILE_SIGNATURES_MISSING/);
  });

  it('counts administrators of listed organisations only', async () => {
    const { bytes } = network.profile;
    const peer = await network.organisations[1]!.signer('peer');
    expect(refusal(() => verifySignedProfile(signedBy(bytes, [admins[0], peer])))).toMatch(/^PROFILE_SIGNATURES_MISSING: .*refused: IDENTITY_WRONG_ROLE/);
    expect(refusal(() => verifySignedProfile(signedBy(bytes, [admins[0], newcomerAdmin])))).toMatch(/^PROFILE_SIGNATURES_MISSING: .*refused: IDENTITY_UNKNOWN_MSP/);
  });

  it('does not count signatures of other bytes or other kinds', () => {
    const { bytes } = network.profile;
    const other = signProfile(next({}), admins[1]);
    const bare = { identity: admins[1].serialized, signature: admins[1].sign(bytes) };
    for (const wrong of [other, bare]) {
      const signed = createSignedProfile(bytes, [signProfile(bytes, admins[0]), wrong]);
      expect(refusal(() => verifySignedProfile(signed))).toMatch(/^PROFILE_SIGNATURES_MISSING: .*refused: SIGNATURE_INVALID/);
    }
  });

  it('looks at the administrators’ validity only when a time is given', () => {
    const at = new Date('2050-01-01T00:00:00Z');
    expect(refusal(() => verifySignedProfile(network.signedProfile, { at }))).toMatch(/^PROFILE_SIGNATURES_MISSING: .*IDENTITY_EXPIRED/);
    expect(verifySignedProfile(network.signedProfile).message.version).toBe(1n);
  });

  it('bounds the number of signatures', () => {
    const { bytes } = network.profile;
    const signature = signProfile(bytes, admins[0]);
    expect(refusal(() => verifySignedProfile(createSignedProfile(bytes, Array.from({ length: 65 }, () => signature))))).toMatch(/^PROFILE_SIGNATURES_MISSING: more than 64/);
  });

  it('refuses bytes that are none', () => {
    expect(refusal(() => verifySignedProfile(new Uint8Array([0xff])))).toMatch(/^PROFILE_INVALID/);
    expect(refusal(() => verifySignedProfile(new Uint8Array(2 * 1024 * 1024)))).toMatch(/^PROFILE_INVALID/);
  });
});

describe('verifyProfileSuccession', () => {
  it('takes the next version, signed under the previous quorum', () => {
    const signed = signedBy(next({}), admins.slice(0, 2));
    expect(verifyProfileSuccession(network.profile, signed).message.version).toBe(2n);
  });

  it('takes a new organisation, whose signature counts nothing yet', () => {
    const organisations = [...(network.init.organisations ?? []), { mspId: 'Org4MSP', rootCertificates: [newcomer.ca.rootCertificate] }];
    const bytes = next({ organisations });
    expect(verifyProfileSuccession(network.profile, signedBy(bytes, [newcomerAdmin, admins[0], admins[1]])).msps.mspIds).toContain('Org4MSP');
    expect(refusal(() => verifyProfileSuccession(network.profile, signedBy(bytes, [newcomerAdmin, admins[0]])))).toMatch(/^PROFILE_SIGNATURES_MISSING/);
  });

  it('needs the previous quorum, where the new one is lower', () => {
    const bytes = next({ adminQuorum: 1 });
    expect(verifySignedProfile(signedBy(bytes, [admins[0]])).message.adminQuorum).toBe(1);
    expect(refusal(() => verifyProfileSuccession(network.profile, signedBy(bytes, [admins[0]])))).toMatch(/^PROFILE_SIGNATURES_MISSING/);
  });

  it('needs the new quorum too, where it is higher', () => {
    const bytes = next({ adminQuorum: 3 });
    expect(refusal(() => verifyProfileSuccession(network.profile, signedBy(bytes, admins.slice(0, 2))))).toMatch(/^PROFILE_SIGNATURES_MISSING: .*3 needed/);
  });

  it('refuses the same version, and an older one', () => {
    const second = verifyProfileSuccession(network.profile, signedBy(next({}), admins));
    expect(refusal(() => verifyProfileSuccession(second, signedBy(next({ viewQuorum: 1 }), admins)))).toMatch(/^PROFILE_INVALID: .*version 2 does not follow 2/);
    expect(refusal(() => verifyProfileSuccession(second, network.signedProfile))).toMatch(/^PROFILE_INVALID: .*version 1 does not follow 2/);
  });

  it('refuses another network or channel', () => {
    expect(refusal(() => verifyProfileSuccession(network.profile, signedBy(next({ network: 'other' }), admins)))).toMatch(/^WRONG_NETWORK/);
    expect(refusal(() => verifyProfileSuccession(network.profile, signedBy(next({ channel: 'other' }), admins)))).toMatch(/^WRONG_CHANNEL/);
  });
});
