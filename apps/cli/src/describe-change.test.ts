import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { createTestConsortium, createTestContractPolicy } from '@selvedge/fixtures';
import { createProfile, facts } from '@selvedge/policy';
import { ContractPolicySchema, encodeMessage, FactChangeSchema, SignedProfileSchema } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { changeText, describeChange } from './describe-change.js';

const { profile } = await createTestConsortium();
const described = (change: MessageInitShape<typeof FactChangeSchema>) => describeChange(create(FactChangeSchema, change), profile);
const text = (change: MessageInitShape<typeof FactChangeSchema>) => changeText(described(change));
const PRESENT = new Uint8Array(32);
const newProfile = (change: object) => encodeMessage(SignedProfileSchema, { profile: createProfile({ ...profile.message, version: 2n, ...change }) });

describe('what an administrator approves', () => {
  it('is shown with its values, and whether the ledger has the fact', () => {
    const value = encodeMessage(ContractPolicySchema, createTestContractPolicy({ name: 'diamonds', version: '2.0.0', codeHash: new Uint8Array(32).fill(0xab) }));
    expect(text({ key: facts.contract('diamonds'), value })).toMatch(/^contract\/diamonds is new:\n {2}\{\n[\s\S]*"version": "2\.0\.0"/);
    expect(text({ key: facts.contract('diamonds'), value, expectedHash: PRESENT })).toMatch(/^contract\/diamonds becomes:\n/);
    expect(text({ key: facts.revokedNode('compute-9'), value: Buffer.from('lost') })).toBe('revoked/node/compute-9 is new:\n  "lost"');
    expect(text({ key: 'note', remove: true, expectedHash: PRESENT })).toBe('note is removed');
  });

  it('of a network profile is shown by what differs from the folder’s, with both values', () => {
    const shown = text({ key: facts.profile, value: newProfile({ adminQuorum: 2, allowedSuites: profile.message.allowedSuites.slice(0, 1) }), expectedHash: PRESENT });
    expect(shown).toContain(`adminQuorum: ${String(profile.message.adminQuorum)} becomes 2`);
    expect(shown).toContain('suites: ');
    expect(text({ key: facts.profile, value: newProfile({}), expectedHash: PRESENT })).toContain('but for its version');
    expect(described({ key: facts.profile, value: newProfile({}) }).value).toMatchObject({ version: expect.anything() as unknown });
  });

  it('shows no character that a terminal obeys or moves', () => {
    const value = Buffer.from('lost\u001b[2K\r\u202eevil\u009b1A\u200b\u2028');
    const shown = text({ key: 'note\u001b[1A\n\u202e', value });
    expect(shown.split('\n')).toHaveLength(2);
    expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u2028\u202e]/);
    expect(shown).toContain('\\u{202e}');
  });

  it.each([facts.contract('diamonds'), facts.profile, facts.brokerRoot, facts.epoch('diamonds', 2n)])('is nothing that cannot be read: %s', (key) => {
    expect(() => described({ key, value: Buffer.of(0xff, 0xff) })).toThrow(expect.objectContaining({ code: 'MALFORMED_MESSAGE' }));
  });
});
