import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { isSelvedgeError } from '@selvedge/errors';
import { ContractPolicySchema, KeyAccessNamespaceSchema, type ContractPolicy, type KeyAccessRuleSchema } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { CONTRACT } from '../testdata/network.js';
import { keyAccess, profileDenial, verifyKeyAccess, type KeyHolder } from './decide.js';

type Rule = MessageInitShape<typeof KeyAccessRuleSchema>;
const HASH = new Uint8Array(32).fill(7);
const NODE: KeyHolder = { role: 'compute', nodeId: 'compute-1', operatorMspId: 'Org1MSP', operatorCertificateHash: HASH, operatorName: 'peer0' };
/** Org3 owns a dataset, Org2 reads events, and both own something in `both`. */
const VIEWER: KeyHolder = { ...NODE, role: 'viewer', nodeId: 'viewer-1', operatorMspId: 'Org3MSP' };
const run: Rule = { role: 'compute', operatorMspId: 'Org1MSP' };
const see: Rule = { role: 'viewer', operatorMspId: 'Org3MSP' };

const policy = (...rules: Rule[]): ContractPolicy => create(ContractPolicySchema, { ...CONTRACT, keyAccess: rules, eventReaders: ['Org2MSP', 'Org3MSP'] });
const profile = (rules: Record<string, Rule[]> = {}) => ({ keyAccess: Object.entries(rules).map(([contract, list]) => create(KeyAccessNamespaceSchema, { contract, rules: list })) });
const admits = (holder: KeyHolder, own: Rule[], namespaces: Record<string, Rule[]> = {}): boolean => 'purposes' in (keyAccess(holder, { profile: profile(namespaces), policy: policy(...own) }) ?? {});
const purposes = (holder: KeyHolder, own: Rule[], namespaces: Record<string, Rule[]> = {}): readonly string[] | undefined => {
  const access = keyAccess(holder, { profile: profile(namespaces), policy: policy(...own) });
  return access !== undefined && 'purposes' in access ? access.purposes : undefined;
};

describe('keys of a contract', () => {
  it('are for everybody where there are no rules', () => {
    expect(admits(NODE, [])).toBe(true);
    expect(admits({ ...NODE, operatorMspId: 'Org2MSP' }, [], { other: [run] })).toBe(true);
  });

  it.each<[string, Partial<KeyHolder>, Partial<Rule>, boolean]>([
    ['the node itself', {}, { nodeIds: ['compute-1'] }, true],
    ['another node', { nodeId: 'compute-2' }, { nodeIds: ['compute-1'] }, false],
    ['another organisation under the node’s id', { operatorMspId: 'Org2MSP' }, { nodeIds: ['compute-1'] }, false],
    ['another organisation with any node', { operatorMspId: 'Org2MSP' }, {}, false],
    ['another role', { role: 'key-broker' }, {}, false],
    ['the named operator', {}, { operatorNames: ['peer0', 'peer1'] }, true],
    ['another operator of the organisation', { operatorName: 'peer2' }, { operatorNames: ['peer0', 'peer1'] }, false],
    ['an operator without a name', { operatorName: '' }, { operatorNames: ['peer0'] }, false],
    ['the certificate', {}, { operatorCertificates: [HASH] }, true],
    ['another certificate', { operatorCertificateHash: new Uint8Array(32) }, { operatorCertificates: [HASH] }, false],
    ['no certificate', { operatorCertificateHash: new Uint8Array(0) }, { operatorCertificates: [HASH] }, false],
    ['the name under another certificate', { operatorCertificateHash: new Uint8Array(32) }, { operatorCertificates: [HASH], operatorNames: ['peer0'] }, false],
  ])('of %s', (_who, holder, rule, expected) => {
    expect(admits({ ...NODE, ...holder }, [{ ...run, ...rule } as Rule])).toBe(expected);
    expect(admits({ ...NODE, ...holder }, [], { '*': [{ ...run, ...rule } as Rule] })).toBe(expected);
  });

  it('are for whoever meets one of several rules, and for no role that has none', () => {
    expect(admits(NODE, [{ ...run, nodeIds: ['compute-9'] }, { ...run, nodeIds: ['compute-1'] }])).toBe(true);
    expect(admits(NODE, [see])).toBe(false);
    expect(admits(VIEWER, [run])).toBe(false);
  });

  it('need the profile’s rules and the contract’s: neither widens the other', () => {
    const other: Rule = { ...run, operatorMspId: 'Org2MSP' };
    expect(admits(NODE, [run], { '*': [other] })).toBe(false);
    expect(admits(NODE, [other], { '*': [run] })).toBe(false);
    expect(admits(NODE, [run], { '*': [run, other] })).toBe(true);
  });

  it('are judged by the profile’s rules for the contract, else by those for all', () => {
    const other: Rule = { ...run, operatorMspId: 'Org2MSP' };
    expect(admits(NODE, [], { '*': [other], diamonds: [run] })).toBe(true);
    expect(admits(NODE, [], { '*': [run], diamonds: [other] })).toBe(false);
    expect(admits(NODE, [], { '*': [run], rubies: [other] })).toBe(true);
  });
});

describe('a viewer', () => {
  it('gets what its organisation has a right to and every set of rules leaves', () => {
    expect(purposes(VIEWER, [])).toEqual(['state', 'events']);
    expect(purposes(VIEWER, [see])).toEqual(['state', 'events']);
    expect(purposes(VIEWER, [{ ...see, purposes: ['events'] }])).toEqual(['events']);
    expect(purposes(VIEWER, [{ ...see, purposes: ['events'] }, { ...see, purposes: ['state'] }])).toEqual(['state', 'events']);
    expect(purposes(VIEWER, [{ ...see, purposes: ['events'] }], { '*': [{ ...see, purposes: ['state'] }] })).toBeUndefined();
  });

  it('gets nothing by rules that it has no right to', () => {
    const owner: KeyHolder = { ...VIEWER, operatorMspId: 'Org1MSP' };
    expect(purposes(owner, [{ ...see, operatorMspId: 'Org1MSP' }])).toEqual(['state']);
    expect(purposes(owner, [{ ...see, operatorMspId: 'Org1MSP', purposes: ['events'] }])).toBeUndefined();
    expect(keyAccess({ ...VIEWER, operatorMspId: 'Org9MSP' }, { profile: profile(), policy: policy({ ...see, operatorMspId: 'Org9MSP' }) })).toBeUndefined();
  });
});

describe('a refusal', () => {
  const refusalOf = (holder: KeyHolder, own: Rule[], namespaces: Record<string, Rule[]> = {}): { message: string; details: unknown } => {
    try {
      verifyKeyAccess(holder, { profile: profile(namespaces), policy: policy(...own) });
    } catch (error) {
      if (isSelvedgeError(error, 'KEY_ACCESS_DENIED')) return { message: error.message, details: error.details };
      throw error;
    }
    throw new Error('nothing was refused');
  };

  it('names the rules, what was seen and what was expected', () => {
    const { message, details } = refusalOf({ ...NODE, operatorMspId: 'Org2MSP' }, [{ ...run, nodeIds: ['compute-1', 'compute-2'] }]);
    expect(message).toBe('keys of contract diamonds: rules of contract diamonds: saw compute node compute-1 of Org2MSP, expected compute node compute-1 or compute-2 of Org1MSP');
    expect(details).toEqual({ contract: 'diamonds', namespace: 'contract diamonds', seen: 'compute node compute-1 of Org2MSP', expected: 'compute node compute-1 or compute-2 of Org1MSP' });
    expect(refusalOf(NODE, [], { '*': [see] }).message).toBe('keys of contract diamonds: rules of network profile for *: saw compute node compute-1 of Org1MSP, expected no compute node at all');
  });

  it('tells of the operator where rules do, and of what a viewer would open', () => {
    const { message } = refusalOf({ ...NODE, operatorName: 'peer\n9' }, [{ ...run, operatorNames: ['peer0'], operatorCertificates: [HASH] }]);
    expect(message).toContain(`saw compute node compute-1 of Org1MSP, operator name "peer\\n9", operator certificate ${'07'.repeat(32)}, expected compute node any of Org1MSP, operator name "peer0", operator certificate ${'07'.repeat(32)}`);
    expect(refusalOf(VIEWER, [{ ...see, purposes: ['events'] }], { '*': [{ ...see, purposes: ['state'] }] }).message).toContain('saw viewer node viewer-1 of Org3MSP for state, expected viewer node any of Org3MSP for events');
  });

  it('stays short however many rules there are', () => {
    const many = Array.from({ length: 64 }, (_, i): Rule => ({ ...run, nodeIds: Array.from({ length: 64 }, (_unused, j) => `node-${String(i)}-${String(j)}`) }));
    expect(refusalOf(NODE, many).message.length).toBeLessThan(2_000);
    expect(refusalOf(NODE, many).message).toContain('56 more');
  });
});

describe('profileDenial', () => {
  it('refuses whoever the profile names nowhere, where it has rules for all contracts', () => {
    expect(profileDenial(NODE, profile())).toBeUndefined();
    expect(profileDenial(NODE, profile({ '*': [see] }))).toMatchObject({ namespace: 'network profile for *' });
    expect(profileDenial(NODE, profile({ '*': [see], diamonds: [run] }))).toBeUndefined();
    expect(profileDenial(NODE, profile({ diamonds: [see] }))).toBeUndefined();
  });
});
