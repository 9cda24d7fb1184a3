import fc from 'fast-check';
import { encodeMessage, MspRoleSchema, SignaturePolicyEnvelopeSchema, type SignaturePolicySchema, MspRoleType, type SignaturePolicyEnvelope } from '@selvedge/protocol';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { refusal } from '../testdata/refusal.js';
import { isEndorsementPolicySatisfied } from './evaluate.js';
import { encodeSignaturePolicy, mapKeyPolicy } from './key-policy.js';
import { parseEndorsementPolicy, printEndorsementPolicy } from './parse.js';

const organisationMap = [['Org1MSP', 'NorthMSP'], ['Org2MSP', 'SouthMSP'], ['Org3MSP', 'SouthMSP']].map(([chaincodeMspId, endorserMspId]) => ({ $typeName: 'selvedge.v1.OrganisationMapping' as const, chaincodeMspId: chaincodeMspId!, endorserMspId: endorserMspId! }));
const map = (bytes: Uint8Array): string | undefined => {
  const policy = mapKeyPolicy(bytes, { organisationMap });
  return policy && printEndorsementPolicy(policy);
};
const encode = (text: string): Uint8Array => encodeSignaturePolicy(parseEndorsementPolicy(text));
const member = (mspIdentifier: string) => ({ principalClassification: 0, principal: encodeMessage(MspRoleSchema, { mspIdentifier, role: MspRoleType.MEMBER }) });
const signedBy = (value: number) => ({ type: { case: 'signedBy' as const, value } });
const envelope = (init: MessageInitShape<typeof SignaturePolicyEnvelopeSchema>): Uint8Array => encodeMessage(SignaturePolicyEnvelopeSchema, init as SignaturePolicyEnvelope);

describe('a key-level policy', () => {
  it('endorses through the organisations that its own are mapped to', () => {
    expect(map(encode("AND('Org1MSP.member', 'Org2MSP.peer')"))).toBe("OutOf(2, 'NorthMSP.member', 'SouthMSP.peer')");
    expect(map(encode("OutOf(1, 'Org1MSP.member', AND('Org2MSP.member', 'Org1MSP.admin'))"))).toBe("OutOf(1, 'NorthMSP.member', OutOf(2, 'SouthMSP.member', 'NorthMSP.admin'))");
    const policy = mapKeyPolicy(encode("AND('Org1MSP.member')"), { organisationMap })!;
    expect(isEndorsementPolicySatisfied(policy, [{ mspId: 'NorthMSP', role: 'peer' }])).toBe(true);
    expect(isEndorsementPolicySatisfied(policy, [{ mspId: 'Org1MSP', role: 'peer' }])).toBe(false);
  });

  it('that is empty is none', () => {
    expect(map(new Uint8Array(0))).toBeUndefined();
  });

  it('of an organisation without an endorser, or of two with one, is refused by name', () => {
    expect(refusal(() => map(encode("AND('Org1MSP.member', 'NorthMSP.member')")))).toMatch(/^KEY_POLICY_UNMAPPED: .*NorthMSP/);
    expect(refusal(() => map(encode("OR('Org2MSP.member', 'Org3MSP.member')")))).toMatch(/^KEY_POLICY_UNMAPPED: .*Org2MSP and Org3MSP/);
  });

  it('comes out of Fabric’s bytes and goes back into them', () => {
    const twice = encode("OutOf(2, 'Org1MSP.member', 'Org2MSP.admin', 'Org1MSP.member')");
    expect(Buffer.from(twice).equals(Buffer.from(encode("OutOf(2, 'Org1MSP.member', 'Org2MSP.admin', 'Org1MSP.member')")))).toBe(true);
    // What fabric-shim's KeyEndorsementPolicy makes of addOrgs('MEMBER', 'Org1MSP').
    const shim = Buffer.from('1208' + '1206' + '0801' + '1202' + '0800' + '1a0d' + '120b' + '0a07' + Buffer.from('Org1MSP').toString('hex') + '1000', 'hex');
    expect(map(shim)).toBe("OutOf(1, 'NorthMSP.member')");
  });

  it.each<[string, Uint8Array]>([
    ['no rule', envelope({ identities: [member('Org1MSP')] })],
    ['a version of its own', envelope({ version: 1, rule: signedBy(0), identities: [member('Org1MSP')] })],
    ['a principal that is not there', envelope({ rule: signedBy(1), identities: [member('Org1MSP')] })],
    ['a negative principal', envelope({ rule: signedBy(-1), identities: [member('Org1MSP')] })],
    ['more signatures than parts', envelope({ rule: { type: { case: 'nOutOf', value: { n: 2, rules: [signedBy(0)] } } }, identities: [member('Org1MSP')] })],
    ['fewer than none', envelope({ rule: { type: { case: 'nOutOf', value: { n: -1, rules: [signedBy(0)] } } }, identities: [member('Org1MSP')] })],
    ['a principal that is no role', envelope({ rule: signedBy(0), identities: [{ ...member('Org1MSP'), principalClassification: 1 }] })],
    ['a principal that does not parse', envelope({ rule: signedBy(0), identities: [{ principalClassification: 0, principal: Uint8Array.of(0xff) }] })],
    ['a role that is not known', envelope({ rule: signedBy(0), identities: [{ principalClassification: 0, principal: Buffer.from([...encodeMessage(MspRoleSchema, { mspIdentifier: 'Org1MSP' }), 0x10, 9]) }] })],
    ['too many parts', envelope({ rule: { type: { case: 'nOutOf', value: { n: 1, rules: Array.from({ length: 256 }, () => signedBy(0)) } } }, identities: [member('Org1MSP')] })],
    ['too many bytes', new Uint8Array(8 * 1024 + 1)],
    ['what is no policy', Uint8Array.of(0xff)],
  ])('with %s is malformed', (_what, bytes) => {
    expect(refusal(() => map(bytes))).toMatch(/^KEY_POLICY_MALFORMED: /);
  });

  it('nested too deep is malformed', () => {
    let rule: MessageInitShape<typeof SignaturePolicySchema> = signedBy(0);
    for (let depth = 0; depth < 16; depth += 1) rule = { type: { case: 'nOutOf', value: { n: 1, rules: [rule] } } };
    expect(refusal(() => map(envelope({ rule, identities: [member('Org1MSP')] })))).toMatch(/^KEY_POLICY_MALFORMED: .*nested/);
  });

  it('never throws anything but a refusal for any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        mapKeyPolicy(bytes, { organisationMap });
      } catch (error) {
        expect((error as { code: string }).code).toMatch(/^KEY_POLICY_/);
      }
    }));
  });
});
