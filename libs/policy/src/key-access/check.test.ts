import { create, type MessageInitShape } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { KeyAccessNamespaceSchema, KeyAccessRuleSchema, encodeMessage, parseMessage, NetworkProfileSchema } from '@selvedge/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { policiesFromJson } from '../profile-json/policies-from-json.js';
import { profileFromJson } from '../profile-json/from-json.js';
import { profileToJson } from '../profile-json/to-json.js';
import { createProfile, parseProfile } from '../profile.js';
import { makeNetwork, type TestNetwork } from '../testdata/network.js';
import { refusal } from '../testdata/refusal.js';
import { profileInvalid } from '../profile-invalid.js';
import { checkKeyAccessNamespaces, checkKeyAccessRules } from './check.js';
import { keyAccessToJson } from './to-json.js';

type Rule = MessageInitShape<typeof KeyAccessRuleSchema>;
const run: Rule = { role: 'compute', operatorMspId: 'Org1MSP' };
const see: Rule = { role: 'viewer', operatorMspId: 'Org1MSP' };
const HASH = new Uint8Array(32).fill(1);
const check = (...rules: Rule[]): string => refusal(() => { checkKeyAccessRules(rules.map((rule) => create(KeyAccessRuleSchema, rule)), profileInvalid); });
const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `n${String(i).padStart(3, '0')}`);

describe('checkKeyAccessRules', () => {
  it('takes proper rules', () => {
    expect(check()).toBe('nothing was refused');
    expect(check({ ...run, nodeIds: ['a', 'b'], operatorCertificates: [HASH, new Uint8Array(32).fill(2)], operatorNames: ['peer0.org1', 'peer1'] }, { ...see, purposes: ['events', 'state'] })).toBe('nothing was refused');
  });

  it.each<[string, Rule, RegExp]>([
    ['another role', { ...run, role: 'key-broker' }, /rule 0: role: compute or viewer/],
    ['no role', { ...run, role: '' }, /rule 0: role/],
    ['no organisation', { ...run, operatorMspId: '' }, /operator_msp_id/],
    ['an organisation that is none', { ...run, operatorMspId: 'a b' }, /operator_msp_id/],
    ['a node id that is none', { ...run, nodeIds: ['a/b'] }, /node_ids: entry 0/],
    ['nodes out of order', { ...run, nodeIds: ['b', 'a'] }, /node_ids: not sorted/],
    ['a node twice', { ...run, nodeIds: ['a', 'a'] }, /node_ids: not sorted, or one occurs twice/],
    ['too many nodes', { ...run, nodeIds: names(65) }, /node_ids: more than 64/],
    ['a short hash', { ...run, operatorCertificates: [HASH.subarray(1)] }, /operator_certificates: entry 0/],
    ['an empty name', { ...run, operatorNames: [''] }, /operator_names: entry 0/],
    ['a name with a line break', { ...run, operatorNames: ['a\nb'] }, /operator_names: entry 0/],
    ['a name that turns the text around', { ...run, operatorNames: ['a\u202eb'] }, /operator_names: entry 0/],
    ['a long name', { ...run, operatorNames: ['x'.repeat(65)] }, /operator_names: entry 0/],
    ['a purpose that is none', { ...see, purposes: ['keys'] }, /purposes: entry 0/],
    ['purposes of a compute node', { ...run, purposes: ['state'] }, /purposes: for viewers only/],
  ])('refuses %s', (_, rule, reason) => {
    expect(check(rule)).toMatch(reason);
    expect(check(run, rule)).toMatch(/rule 1/);
  });

  it('refuses too many rules', () => {
    expect(check(...Array.from({ length: 65 }, () => run))).toMatch(/more than 64 rules/);
  });
});

describe('checkKeyAccessNamespaces', () => {
  const namespaces = (...list: { contract: string; rules?: Rule[] }[]): string => refusal(() => { checkKeyAccessNamespaces(list.map(({ contract, rules = [run] }) => create(KeyAccessNamespaceSchema, { contract, rules })), profileInvalid); });

  it('takes contracts and *, each once, in order', () => {
    expect(namespaces({ contract: '*' }, { contract: 'diamonds' })).toBe('nothing was refused');
    expect(namespaces({ contract: 'diamonds' }, { contract: '*' })).toMatch(/not sorted by contract/);
    expect(namespaces({ contract: '*' }, { contract: '*' })).toMatch(/unique/);
  });

  it('refuses a name that is none, a namespace that nobody is in, and one with a wrong rule', () => {
    for (const contract of ['', '**', 'a/b', 'diamonds*']) expect(namespaces({ contract })).toMatch(/contract’s name or \* expected/);
    expect(namespaces({ contract: 'diamonds', rules: [] })).toMatch(/key_access of diamonds: no rule/);
    expect(namespaces({ contract: '*', rules: [{ ...run, role: '?' }] })).toMatch(/key_access of \*: rule 0: role/);
    expect(namespaces(...names(257).map((contract) => ({ contract })))).toMatch(/more than 256 namespaces/);
  });
});

describe('in a profile', () => {
  let network: TestNetwork;
  beforeAll(async () => {
    network = await makeNetwork();
  });
  const keyAccess = [{ contract: 'diamonds', rules: [{ ...see, purposes: ['state', 'events'], operatorCertificates: [HASH] }] }, { contract: '*', rules: [{ ...run, nodeIds: ['b', 'a'], operatorNames: ['peer0'] }] }];

  it('rules come out of its readable form as they went in, in order', () => {
    const bytes = createProfile({ ...network.init, keyAccess });
    const json = profileToJson(bytes);
    expect(json.keyAccess).toEqual([
      { contract: '*', rules: [{ role: 'compute', operatorMspId: 'Org1MSP', nodeIds: ['a', 'b'], operatorNames: ['peer0'] }] },
      { contract: 'diamonds', rules: [{ role: 'viewer', operatorMspId: 'Org1MSP', operatorCertificates: ['01'.repeat(32)], purposes: ['events', 'state'] }] },
    ]);
    expect(profileFromJson(JSON.parse(JSON.stringify(json)))).toEqual(bytes);
    expect(policiesFromJson({ keyAccess: json.keyAccess }).keyAccess.map(keyAccessToJson)).toEqual(json.keyAccess);
  });

  it('rules name its organisations alone, and are in order', () => {
    expect(refusal(() => createProfile({ ...network.init, keyAccess: [{ contract: '*', rules: [{ ...run, operatorMspId: 'OtherMSP' }] }] }))).toMatch(/^PROFILE_INVALID: .*key_access of \*: OtherMSP is none of the organisations/);
    const message = parseMessage(NetworkProfileSchema, createProfile({ ...network.init, keyAccess }), 1 << 20);
    expect(refusal(() => parseProfile(encodeMessage(NetworkProfileSchema, { ...message, keyAccess: [...message.keyAccess].reverse() })))).toMatch(/^PROFILE_INVALID: .*not sorted by contract/);
  });

  it.each<[string, unknown, string]>([
    ['no list', {}, 'keyAccess'],
    ['a namespace without a contract', [{ rules: [] }], 'keyAccess[0].contract'],
    ['a field that is none', [{ contract: '*', rules: [{ role: 'compute', operatorMspId: 'Org1MSP', nodes: [] }] }], 'keyAccess[0].rules[0]'],
    ['a rule without organisation', [{ contract: '*', rules: [{ role: 'compute' }] }], 'keyAccess[0].rules[0].operatorMspId'],
    ['a node id that is a number', [{ contract: '*', rules: [{ role: 'compute', operatorMspId: 'Org1MSP', nodeIds: [1] }] }], 'keyAccess[0].rules[0].nodeIds[0]'],
    ['a hash that YAML reads as a number', [{ contract: '*', rules: [{ role: 'compute', operatorMspId: 'Org1MSP', operatorCertificates: [12] }] }], 'keyAccess[0].rules[0].operatorCertificates[0]'],
  ])('names the field of %s', (_, value, path) => {
    expect(refusal(() => policiesFromJson({ keyAccess: value }))).toContain(`PROFILE_INVALID: network profile: ${path}: `);
  });

  it('takes hostile rules for what they are, and never fails otherwise', () => {
    const rule = fc.record({ role: fc.string(), operatorMspId: fc.string(), nodeIds: fc.array(fc.string()), operatorCertificates: fc.array(fc.uint8Array({ maxLength: 40 })), operatorNames: fc.array(fc.string()), purposes: fc.array(fc.string()) });
    fc.assert(
      fc.property(fc.array(fc.record({ contract: fc.string(), rules: fc.array(rule) }), { minLength: 1 }), (hostile) => {
        expect(refusal(() => createProfile({ ...network.init, keyAccess: hostile }))).toMatch(/^PROFILE_INVALID/);
      }),
      { numRuns: 100 },
    );
  });
});
