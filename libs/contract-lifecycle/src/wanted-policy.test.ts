import type { ContractManifest, ContractOptions } from '@selvedge/contract-package';
import { endorsersOf, type FactReader, facts } from '@selvedge/policy';
import type { ContractPolicy } from '@selvedge/protocol';
import { describe, expect, it } from 'vitest';
import { encodePolicy, previousOf, recordedSurroundings, refuseNewOwners, wantedPolicy } from './wanted-policy.js';

const surroundings = { businessOrganisations: ['AuroraMSP', 'BothMSP', 'CelestaMSP'], endorserOrganisations: ['NorthMSP'], endorsementPolicy: "OutOf(2, 'NorthMSP.peer', 'BothMSP.peer')" };
const manifest = { name: 'x', version: '1.0.0', collections: [], indexes: new Map(), settings: {} } as unknown as ContractManifest;
const reader = (policy?: ContractPolicy): FactReader => ({ fact: (key) => (policy !== undefined && key === facts.contract('diamonds') ? encodePolicy(policy) : undefined) });
const want = (present: FactReader, change: ContractOptions = {}, codeHash = 1): ContractPolicy =>
  wantedPolicy({ surroundings, options: { name: 'diamonds', ...change }, manifest, codeHash: new Uint8Array(32).fill(codeHash), present });

describe('wantedPolicy', () => {
  it('is what the network and the command line say, under the name that they give', () => {
    expect(want(reader())).toMatchObject({ name: 'diamonds', version: '1.0.0', policyVersion: 1n, endorsementPolicy: surroundings.endorsementPolicy });
    expect(want(reader()).ownerSets[0]).toMatchObject({ name: 'world-state', owners: ['AuroraMSP'] });
    const changed = want(reader(), { worldStateOwners: ['BothMSP'], computeQuorum: 2 });
    expect([changed.computeQuorum, changed.ownerSets[0]?.owners]).toEqual([2, ['BothMSP']]);
  });

  it('takes key access rules from the command line, else the manifest, else what is recorded, and none where the list is empty', () => {
    const rule = (operatorMspId: string) => ({ role: 'compute' as const, operatorMspId, nodeIds: ['b', 'a'], operatorCertificates: ['0a'.repeat(32)] });
    const named = ({ keyAccess }: ContractPolicy): string[] => keyAccess.map(({ operatorMspId }) => operatorMspId);
    const own = { ...manifest, settings: { keyAccess: [rule('NorthMSP')] } } as unknown as ContractManifest;
    const plan = (change: ContractOptions, recorded: object = {}, from = own): ContractPolicy => wantedPolicy({ surroundings: { ...surroundings, ...recorded }, options: change, manifest: from, codeHash: new Uint8Array(32), present: reader() });
    const first = plan({ keyAccess: [rule('BothMSP')] });
    expect(first.keyAccess[0]).toMatchObject({ role: 'compute', operatorMspId: 'BothMSP', nodeIds: ['a', 'b'], operatorCertificates: [new Uint8Array(32).fill(10)] });
    expect(named(plan({}))).toEqual(['NorthMSP']);
    expect(named(plan({ keyAccess: [] }))).toEqual([]);
    expect(named(plan({}, {}, manifest))).toEqual([]);
    const kept = recordedSurroundings(reader({ ...first, name: 'diamonds' }), 'diamonds', surroundings);
    expect(named(plan({}, kept, manifest))).toEqual(['BothMSP']);
    expect(named(plan({}, kept))).toEqual(['NorthMSP']);
  });

  it('is the recorded policy where that says the same, and the next version where it does not', () => {
    const first = want(reader());
    expect(want(reader(first))).toEqual(first);
    expect(want(reader(first), {}, 2).policyVersion).toBe(2n);
  });

  it('follows the recorded policy, or the one before it', () => {
    const first = want(reader());
    expect(previousOf(reader(), first)).toBeUndefined();
    expect(previousOf(reader(first), first)?.policyVersion).toBe(0n);
    expect(previousOf(reader(first), want(reader(first), {}, 2))?.policyVersion).toBe(1n);
  });

  it('gives no owner set a new owner: what was written before would be missing there', () => {
    const first = want(reader());
    const wider = want(reader(first), { worldStateOwners: ['AuroraMSP', 'BothMSP'] });
    expect(() => { refuseNewOwners(wider, first); }).toThrow(expect.objectContaining({ code: 'FEATURE_UNSUPPORTED', message: expect.stringContaining('BothMSP') as string }));
    expect(() => { refuseNewOwners(first, wider); }).not.toThrow();
    expect(() => { refuseNewOwners(wider, undefined); }).not.toThrow();
  });

  it('names every organisation whose peer endorses', () => {
    expect(endorsersOf(want(reader(), { endorsementPolicy: "OR('NorthMSP.peer')" }))).toEqual(['NorthMSP']);
    expect(endorsersOf(want(reader()))).toEqual(['BothMSP', 'NorthMSP']);
  });
});
