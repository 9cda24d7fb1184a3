import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { toPem, type Signer } from '@selvedge/identity';
import { createProfile, parseProfile, verifySignedProfile, type Profile } from '@selvedge/policy';
import type { ChannelConfig } from '@selvedge/fabric-network';
import { DistinctBy } from '@selvedge/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signProfileFile, type ProfileProgress } from './profile-step.js';
import { testDeployment } from './testdata/deployments.js';
import { isSameProfile, profileDifferences, wantedProfile, withVersion } from './wanted-profile.js';

let consortium: TestConsortium;
let folder: string;
let file: string;
beforeAll(async () => {
  consortium = await createTestConsortium();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selvedge-profile-'));
  file = join(folder, 'anchor.bin');
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const admins = (...mspIds: string[]): Signer[] => mspIds.map((mspId) => consortium.organisation(mspId).admin.signer);
const sign = (wanted: Uint8Array, signers: Signer[], previous?: Profile): Promise<ProfileProgress> => signProfileFile(file, wanted, { admins: signers, previous });
const changed = (change: object): Uint8Array => createProfile({ ...consortium.profile.message, ...change });

describe('signProfileFile', () => {
  it('is complete once enough organisations have signed, whoever did it first', async () => {
    const wanted = consortium.profile.bytes;
    const first = await sign(wanted, admins('AuroraMSP', 'BorealisMSP'));
    expect(first).toMatchObject({ profile: undefined, signers: ['AuroraMSP', 'BorealisMSP'], needed: 4, isChanged: true });
    const second = await sign(wanted, admins('NorthMSP', 'SouthMSP'));
    expect(second).toMatchObject({ signers: ['AuroraMSP', 'BorealisMSP', 'NorthMSP', 'SouthMSP'], isChanged: true });
    expect(verifySignedProfile(new Uint8Array(await readFile(file))).digest).toEqual(consortium.profile.digest);
    expect((await sign(wanted, admins('NorthMSP', 'SouthMSP'))).isChanged).toBe(false);
  });

  it('never signs what others signed and this deployment does not say', async () => {
    await sign(changed({ viewQuorum: 1 }), admins('NorthMSP'));
    await expect(sign(consortium.profile.bytes, admins('AuroraMSP'))).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('viewQuorum: 1 becomes 3') as string });
  });

  it('makes its own anew', async () => {
    await sign(changed({ viewQuorum: 1 }), admins('NorthMSP'));
    expect((await sign(consortium.profile.bytes, admins('NorthMSP'))).signers).toEqual(['NorthMSP']);
  });

  it('asks the organisations of the previous profile too', async () => {
    const next = changed({ version: 2n, adminQuorum: 1 });
    expect((await sign(next, admins('AuroraMSP'), consortium.profile)).profile).toBeUndefined();
    expect((await sign(next, admins('BorealisMSP', 'NorthMSP', 'SouthMSP'), consortium.profile)).profile?.message.version).toBe(2n);
  });

  it('does not count people who are no administrators', async () => {
    expect((await sign(consortium.profile.bytes, [consortium.organisation('AuroraMSP').client.signer])).signers).toEqual([]);
  });
});

describe('wantedProfile', () => {
  const organisation = (mspId: string, hasNodeUnits = true) => ({
    mspId, rootCertificatesPem: [toPem(consortium.organisation(mspId === 'BothMSP' ? 'SouthMSP' : mspId).ca.rootCertificate, 'CERTIFICATE')],
    intermediateCertificatesPem: [], revocationListsPem: [], tlsRootCertificatesPem: [], endpoints: [], hasNodeUnits,
  });
  const config = (mspIds: string[], hasNodeUnits?: boolean): ChannelConfig => ({ sequence: 0n, organisations: mspIds.map((mspId) => organisation(mspId, hasNodeUnits)), orderers: [], maxMessageCount: 1, absoluteMaxBytes: 1, applicationCapabilities: [] });
  const want = (channelConfig: ChannelConfig, version = 1n, deployment = testDeployment()): Uint8Array =>
    wantedProfile(deployment, version, { channelConfig, unlockKeys: new Map(['AuroraMSP', 'CelestaMSP', 'NorthMSP'].map((mspId) => [mspId, consortium.organisation(mspId).unlockKey.publicKey])), teeRoots: [consortium.developmentRoot.certificateDer], measurements: { compute: new Uint8Array(48).fill(1), keyBroker: new Uint8Array(48).fill(2), viewer: new Uint8Array(48).fill(3) } });
  const ALL = ['AuroraMSP', 'BothMSP', 'CelestaMSP', 'NorthMSP'];

  it('recognises organisations as the channel does', () => {
    const profile = parseProfile(want(config([...ALL, 'EastMSP'])));
    expect(profile.msps.mspIds).toEqual(ALL);
    expect(profile.message.organisations.map(({ unlockKey }) => unlockKey.length)).toEqual([65, 0, 65, 65]);
    expect(profile.message).toMatchObject({ network: 'acme', channel: 'trade', adminQuorum: 3, viewQuorum: 3, allowSimulated: true });
    expect(profile.msps.verifyIdentity(consortium.organisation('AuroraMSP').peer.signer.serialized).role).toBe('peer');
  });

  it('refuses organisations that the channel does not have, or whose roles it cannot tell', () => {
    expect(() => want(config(['AuroraMSP', 'BothMSP', 'NorthMSP']))).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('CelestaMSP is not on channel trade') as string }));
    expect(() => want(config(ALL, false))).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('NodeOUs') as string }));
  });

  it('admits viewers where the deployment has one, and only there', () => {
    const rolesOf = (bytes: Uint8Array): string[] => parseProfile(bytes).message.appraisalPolicies.map(({ role }) => role);
    expect(rolesOf(want(config(ALL)))).toEqual(['compute', 'key-broker']);
    const viewers = [{ nodeId: 'viewer-aurora', mspId: 'AuroraMSP', address: '127.0.0.1:17017' }];
    expect(rolesOf(want(config(ALL), 1n, testDeployment({ viewers })))).toEqual(['compute', 'key-broker', 'viewer']);
  });

  it('has the deployment’s rules about keys, and tells when they differ', () => {
    const keyAccess = (operatorMspId: string) => [{ contract: '*', rules: [{ role: 'compute' as const, operatorMspId, operatorCertificates: ['0b'.repeat(32)] }] }];
    const [ruled, other] = ['AuroraMSP', 'NorthMSP'].map((mspId) => parseProfile(want(config(ALL), 1n, testDeployment({ keyAccess: keyAccess(mspId) })))) as [Profile, Profile];
    expect(ruled.message.keyAccess).toMatchObject([{ contract: '*', rules: [{ role: 'compute', operatorMspId: 'AuroraMSP', operatorCertificates: [new Uint8Array(32).fill(11)] }] }]);
    expect(profileDifferences(ruled, other)).toEqual([expect.stringMatching(/^key access: .*AuroraMSP.* becomes .*NorthMSP/) as string]);
  });

  it('has the deployment’s floors under contracts’ quorums, and tells when they differ', () => {
    const withFloor = (...quorumFloors: object[]): Profile => parseProfile(want(config(ALL), 1n, testDeployment({ quorumFloors })));
    const quorums = ({ message }: Profile): unknown => message.appraisalPolicies.map(({ role, quorum }) => [role, quorum?.count, quorum?.distinctBy]);
    expect(quorums(withFloor())).toEqual([['compute', undefined, undefined], ['key-broker', undefined, undefined]]);
    expect(quorums(withFloor({ teeType: 'simulated', count: 2 }))).toEqual([['compute', 2, DistinctBy.PLATFORM], ['key-broker', undefined, undefined]]);
    expect(quorums(withFloor({ teeType: 'simulated', count: 2, distinctBy: 'operator' }))).toEqual([['compute', 2, DistinctBy.OPERATOR], ['key-broker', undefined, undefined]]);
    expect(profileDifferences(withFloor(), withFloor({ teeType: 'simulated', count: 2 }))).toEqual([expect.stringMatching(/^appraisal policies .*becomes .*"quorum":\{"count":2,"distinctBy":"platform"\}/) as string]);
  });

  it('tells profiles of equal content apart from others', () => {
    const first = parseProfile(want(config(ALL)));
    expect(isSameProfile(first, want(config(ALL), 7n))).toBe(true);
    expect(isSameProfile(first, createProfile({ ...first.message, viewQuorum: 1 }))).toBe(false);
    expect(profileDifferences(first, parseProfile(withVersion(first, 9n)))).toEqual([]);
    const differences = profileDifferences(first, parseProfile(createProfile({ ...first.message, adminQuorum: 1, appraisalPolicies: [] })));
    expect(differences.map((text) => text.split(':')[0])).toEqual(['adminQuorum', 'appraisal policies (code of compute nodes, key broker and viewers, Node’s version, and terms for their TEEs)']);
  });
});
