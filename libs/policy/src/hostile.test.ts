import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { ContractPolicySchema, encodeMessage } from '@selvedge/protocol';
import { parseContractPolicy } from './contract-policy.js';
import { facts, listFacts } from './facts.js';
import { approvePolicyChange, createPolicyChange, createPolicyTransaction } from './policy-change.js';
import { verifyPolicyTransaction } from './policy-transaction.js';
import { parseProfile } from './profile.js';
import { profileFromJson } from './profile-json/from-json.js';
import { verifySignedProfile } from './signed-profile.js';
import { CONTRACT, makeNetwork, type TestNetwork } from './testdata/network.js';
import { refusal } from './testdata/refusal.js';

let network: TestNetwork;

beforeAll(async () => {
  network = await makeNetwork();
});

const splices = fc.array(fc.record({ at: fc.nat(), drop: fc.nat(30), put: fc.uint8Array({ maxLength: 30 }) }), { minLength: 1, maxLength: 3 });

/** Feeds changed bytes to a parser: refusal() lets nothing but refusals pass, and their codes are these. */
function feed(bytes: Uint8Array, parse: (changed: Uint8Array) => unknown, codes: RegExp): void {
  fc.assert(
    fc.property(splices, (changes) => {
      const changed = [...bytes];
      for (const { at, drop, put } of changes) changed.splice(at % changed.length, drop, ...put);
      expect(refusal(() => parse(Uint8Array.from(changed)))).toMatch(codes);
    }),
    { numRuns: 200 },
  );
}

describe('mutated messages are refused as such, or are proper ones', () => {
  it('profiles', () => {
    feed(network.profile.bytes, parseProfile, /^(PROFILE_INVALID|nothing was refused)/);
  });

  it('signed profiles', () => {
    feed(network.signedProfile, verifySignedProfile, /^(PROFILE_INVALID|PROFILE_SIGNATURES_MISSING|nothing was refused)/);
  });

  it('contract policies', () => {
    feed(encodeMessage(ContractPolicySchema, CONTRACT), parseContractPolicy, /^(POLICY_MALFORMED|nothing was refused)/);
  });

  it('policy transactions', () => {
    const change = createPolicyChange({ network: 'test-network', channel: 'trade', changes: [{ key: facts.contract('diamonds'), value: encodeMessage(ContractPolicySchema, CONTRACT) }] });
    const transaction = createPolicyTransaction(change, network.admins.slice(0, 2).map((admin) => approvePolicyChange(change, admin)));
    const context = { facts: listFacts([]), profile: network.profile };
    expect(refusal(() => verifyPolicyTransaction(transaction, context))).toBe('nothing was refused');
    feed(transaction, (bytes) => verifyPolicyTransaction(bytes, context), /^(MALFORMED_MESSAGE|POLICY_|WRONG_|PROFILE_|nothing was refused)/);
  });

  it('JSON of any shape', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        expect(refusal(() => profileFromJson(json))).toMatch(/^PROFILE_INVALID/);
      }),
    );
  });
});
