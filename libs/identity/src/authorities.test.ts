import { beforeAll, describe, expect, it } from 'vitest';
import { createDevCa, createMspRegistry, serializeIdentity, type MspRegistry, type OrganisationTrust } from './index.js';
import { NOW, USAGE, identityOf, makeAuthority, makeLeaf, makeRevocationList, type MadeCertificate } from './testdata/certificates.js';
import { refusal } from './testdata/refusal.js';
import { parseCertificate } from './x509/certificate.js';

let root: MadeCertificate;
let middle: MadeCertificate;

const registryOf = (trust: Partial<OrganisationTrust>): MspRegistry =>
  createMspRegistry([{ mspId: 'Org1MSP', rootCertificates: [root.der], intermediateCertificates: [], revocationLists: [], ...trust }]);
const refusalOf = (trust: Partial<OrganisationTrust>): string => refusal(() => registryOf(trust));
const serialOf = (certificate: MadeCertificate): string => parseCertificate(certificate.der, 'INTERNAL').serial.padStart(32, '0');

beforeAll(async () => {
  root = await makeAuthority('root');
  middle = await makeAuthority('middle', { issuer: root });
});

describe('roots', () => {
  it('must be there, of bounded number, and not twice of one organisation', async () => {
    expect(refusalOf({ rootCertificates: [] })).toMatch(/^PROFILE_INVALID: .*no root/);
    expect(refusalOf({ rootCertificates: Array.from({ length: 33 }, () => root.der) })).toMatch(/^PROFILE_INVALID: .*too many certificates/);
    const organisation = { mspId: 'Org1MSP', rootCertificates: [root.der], intermediateCertificates: [], revocationLists: [] };
    expect(refusal(() => createMspRegistry([organisation, organisation]))).toMatch(/^PROFILE_INVALID: .*twice/);
    const many = Array.from({ length: 257 }, (_, i) => ({ ...organisation, mspId: `Org${String(i)}` }));
    expect(refusal(() => createMspRegistry(many))).toMatch(/^PROFILE_INVALID: more than 256/);
  });

  it('must be CA certificates that may sign certificates', async () => {
    const noCa = await makeAuthority('root', { ca: false });
    const noUsage = await makeAuthority('root', { usage: USAGE.digitalSignature });
    const strange = await makeAuthority('root', { criticalOid: '1.2.3.4' });
    expect(refusalOf({ rootCertificates: [noCa.der] })).toMatch(/^PROFILE_INVALID: .*basic constraints/);
    expect(refusalOf({ rootCertificates: [noUsage.der] })).toMatch(/^PROFILE_INVALID: .*key usage/);
    expect(refusalOf({ rootCertificates: [strange.der] })).toMatch(/^PROFILE_INVALID: .*critical extension/);
  });

  it('must be signed by themselves', async () => {
    const falseRoot = await makeAuthority('root', { issuer: await makeAuthority('root') });
    expect(refusalOf({ rootCertificates: [middle.der] })).toMatch(/^PROFILE_INVALID: .*self-issued/);
    expect(refusalOf({ rootCertificates: [falseRoot.der] })).toMatch(/^PROFILE_INVALID: .*does not verify/);
  });

  it('must be certificates with P-256 keys, of bounded size', async () => {
    const p384 = await makeAuthority('root', { curve: 'P-384' });
    expect(refusalOf({ rootCertificates: [p384.der] })).toMatch(/^PROFILE_INVALID: .*P-256/);
    expect(refusalOf({ rootCertificates: [new Uint8Array(20_000)] })).toMatch(/^PROFILE_INVALID: .*at most 16384/);
  });
});

describe('intermediates', () => {
  it('lead to the root, in whatever order they are listed', async () => {
    const lower = await makeAuthority('lower', { issuer: middle });
    const registry = registryOf({ intermediateCertificates: [lower.der, middle.der] });
    expect(registry.verifyIdentity(identityOf(await makeLeaf(lower)), NOW).role).toBe('peer');
    expect(registry.verifyIdentity(identityOf(await makeLeaf(root)), NOW).role).toBe('peer');
  });

  it('must lead to the root', async () => {
    const stray = await makeAuthority('stray', { issuer: await makeAuthority('root') });
    expect(refusalOf({ intermediateCertificates: [stray.der] })).toMatch(/^PROFILE_INVALID: .*leads to no root/);
  });

  it('must stay within the path lengths above them', async () => {
    const narrowRoot = await makeAuthority('root', { pathLength: 0 });
    const under = await makeAuthority('under', { issuer: narrowRoot });
    expect(refusalOf({ rootCertificates: [narrowRoot.der], intermediateCertificates: [under.der] })).toMatch(/^PROFILE_INVALID: .*too long/);
    const narrowMiddle = await makeAuthority('middle', { issuer: root, pathLength: 0 });
    const lower = await makeAuthority('lower', { issuer: narrowMiddle });
    expect(refusalOf({ intermediateCertificates: [narrowMiddle.der, lower.der] })).toMatch(/^PROFILE_INVALID: .*too long/);
  });

  it('are at most three in a row', async () => {
    const chain = [root];
    for (const name of ['one', 'two', 'three', 'four']) chain.push(await makeAuthority(name, { issuer: chain.at(-1) as MadeCertificate }));
    const [, ...four] = chain.map((certificate) => certificate.der);
    expect(refusalOf({ intermediateCertificates: four.slice(0, 3) })).toBe('nothing was refused');
    expect(refusalOf({ intermediateCertificates: four })).toMatch(/^PROFILE_INVALID: .*too long/);
  });

  it('count with their validity periods', async () => {
    const short = await makeAuthority('short', { issuer: root, notAfter: new Date('2026-02-01T00:00:00Z') });
    const registry = registryOf({ intermediateCertificates: [short.der] });
    const identity = identityOf(await makeLeaf(short));
    expect(refusal(() => registry.verifyIdentity(identity, NOW))).toMatch(/^IDENTITY_EXPIRED/);
  });
});

describe('revocation lists', () => {
  it('revoke an identity, and leave others alone', async () => {
    const ca = await createDevCa('Org1MSP', { now: NOW });
    const [bad, good] = [await ca.issue({ commonName: 'bad', role: 'peer' }), await ca.issue({ commonName: 'good', role: 'peer' })];
    const registry = registryOf({ rootCertificates: [ca.rootCertificate], revocationLists: [await ca.revocationList([bad], NOW)] });
    expect(refusal(() => registry.verifyIdentity(serializeIdentity('Org1MSP', bad.certificatePem)))).toMatch(/^IDENTITY_REVOKED/);
    expect(registry.verifyIdentity(serializeIdentity('Org1MSP', good.certificatePem)).role).toBe('peer');
  });

  it('revoke all that a revoked intermediate issued', async () => {
    const registry = registryOf({ intermediateCertificates: [middle.der], revocationLists: [await makeRevocationList(root, [serialOf(middle)])] });
    const identity = identityOf(await makeLeaf(middle));
    expect(refusal(() => registry.verifyIdentity(identity))).toMatch(/^IDENTITY_REVOKED/);
  });

  it('concern their own issuer’s certificates only', async () => {
    const leaf = await makeLeaf(middle);
    const registry = registryOf({ intermediateCertificates: [middle.der], revocationLists: [await makeRevocationList(root, [serialOf(leaf)])] });
    expect(registry.verifyIdentity(identityOf(leaf)).role).toBe('peer');
  });

  it('must be signed by an authority of the organisation, under its name', async () => {
    const falseList = await makeRevocationList(await makeAuthority('root'), ['01']);
    const misnamed = await makeRevocationList(root, ['01'], { issuerName: 'elsewhere' });
    expect(refusalOf({ revocationLists: [falseList] })).toMatch(/^PROFILE_INVALID: .*not signed by an authority/);
    expect(refusalOf({ revocationLists: [misnamed] })).toMatch(/^PROFILE_INVALID: .*not signed by an authority/);
    const noLists = await makeAuthority('root', { usage: USAGE.keyCertSign });
    expect(refusalOf({ rootCertificates: [noLists.der], revocationLists: [await makeRevocationList(noLists, [])] })).toMatch(/^PROFILE_INVALID: .*revocation lists \(key usage\)/);
  });

  it('must be whole ones, of bounded number', async () => {
    // 2.5.29.27 marks a list of changes only.
    const delta = await makeRevocationList(root, ['01'], { criticalOid: '2.5.29.27' });
    expect(refusalOf({ revocationLists: [delta] })).toMatch(/^PROFILE_INVALID: .*critical extension/);
    const list = await makeRevocationList(root, []);
    expect(refusalOf({ revocationLists: Array.from({ length: 33 }, () => list) })).toMatch(/^PROFILE_INVALID: .*too many revocation lists/);
    expect(refusalOf({ revocationLists: [new Uint8Array([0x30, 0x00])] })).toMatch(/^PROFILE_INVALID/);
  });
});
