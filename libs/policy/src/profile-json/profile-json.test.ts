import { beforeAll, describe, expect, it } from 'vitest';
import { UNLOCK_SUITE } from '../profile-checks.js';
import { createProfile } from '../profile.js';
import { makeNetwork, NOW, type TestNetwork } from '../testdata/network.js';
import { refusal } from '../testdata/refusal.js';
import { profileFromJson } from './from-json.js';
import { profileToJson } from './to-json.js';

let network: TestNetwork;
let json: Record<string, unknown>;

beforeAll(async () => {
  network = await makeNetwork();
  const [first] = network.organisations;
  const list = await first!.ca.revocationList([await first!.ca.issue({ commonName: 'gone', role: 'client' })], NOW);
  const organisations = (network.init.organisations ?? []).map((organisation, i) => (i === 0 ? { ...organisation, revocationLists: [list], unlockKey: UNLOCK_SUITE.generateKemKeyPair().publicKey } : organisation));
  json = profileToJson(createProfile({ ...network.init, organisations }));
});

describe('the readable form of a profile', () => {
  it('gives the same bytes again, through text', () => {
    const again: unknown = JSON.parse(JSON.stringify(json));
    const bytes = profileFromJson(again);
    expect(profileToJson(bytes)).toEqual(json);
    expect(profileFromJson(profileToJson(network.profile.bytes))).toEqual(network.profile.bytes);
  });

  it('takes a number as version, lists in any order, and leaves empty lists out', () => {
    const { organisations, ...rest } = json;
    const reordered = { ...rest, version: 1, organisations: [...(organisations as object[])].reverse() };
    expect(profileToJson(profileFromJson(reordered))).toEqual(json);
    const optional = ['appraisalPolicies', 'simulatedRoots', 'sequencer', 'allowSimulated'];
    const least = Object.fromEntries(Object.entries(json).filter(([name]) => !optional.includes(name)));
    expect(profileToJson(profileFromJson(least))).toMatchObject({ appraisalPolicies: [], simulatedRoots: [], allowSimulated: false });
  });

  it.each([
    ['network', 7, 'network'],
    ['version', 'one', 'version'],
    ['version', -1, 'version'],
    ['version', 1.5, 'version'],
    ['adminQuorum', '2', 'adminQuorum'],
    ['viewQuorum', 0.5, 'viewQuorum'],
    ['allowSimulated', 'yes', 'allowSimulated'],
    ['allowedSuites', 'P256', 'allowedSuites'],
    ['organisations', [null], 'organisations[0]'],
    ['organisations', [{ mspId: 'Org1MSP', rootCertificates: ['no PEM'] }], 'organisations[0].rootCertificates[0]'],
    ['appraisalPolicies', [{ role: 'compute', teeType: 'simulated', measurements: ['zz'] }], 'appraisalPolicies[0].measurements[0]'],
    ['appraisalPolicies', [{ role: 'compute', teeType: 'simulated', measurments: [] }], 'appraisalPolicies[0]'],
    ['appraisalPolicies', [{ role: 'compute', teeType: 'simulated', measurements: [], expires: 'tomorrow' }], 'appraisalPolicies[0].expires'],
    ['sequencer', { mspId: 'Org1MSP' }, 'sequencer.certificatePem'],
    ['adminQuorums', 2, 'the whole'],
  ])('names the field that is wrong: %s', (field, value, path) => {
    expect(refusal(() => profileFromJson({ ...json, [field]: value }))).toContain(`PROFILE_INVALID: network profile: ${path}: `);
  });

  it('must be an object', () => {
    for (const wrong of [null, [], 'profile', 3, undefined]) expect(refusal(() => profileFromJson(wrong))).toMatch(/^PROFILE_INVALID: .*an object expected/);
  });
});
