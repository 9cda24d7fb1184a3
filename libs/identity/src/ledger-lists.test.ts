import fc from 'fast-check';
import { isSelvedgeError } from '@selvedge/errors';
import { beforeAll, describe, expect, it } from 'vitest';
import { createDevCa, createMspRegistry, serializeIdentity, verifyRevocationLists, type DevCa, type MspRegistry } from './index.js';
import { NOW, USAGE, makeAuthority, makeRevocationList } from './testdata/certificates.js';
import { refusal } from './testdata/refusal.js';
import { parseCertificate } from './x509/certificate.js';
import { parsePem } from './x509/pem.js';

let ca: DevCa;
let bad: { certificatePem: string };
let good: { certificatePem: string };
let list: Uint8Array;

beforeAll(async () => {
  ca = await createDevCa('Org1MSP', { now: NOW });
  [bad, good] = [await ca.issue({ commonName: 'bad', role: 'client' }), await ca.issue({ commonName: 'good', role: 'client' })];
  list = await ca.revocationList([bad], NOW);
});

const trust = (): { mspId: string; rootCertificates: Uint8Array[]; intermediateCertificates: []; revocationLists: [] } => ({ mspId: 'Org1MSP', rootCertificates: [ca.rootCertificate], intermediateCertificates: [], revocationLists: [] });
const registryOf = (...lists: Uint8Array[]): MspRegistry => createMspRegistry([{ ...trust(), ledgerRevocationLists: lists }]);
const judge = (registry: MspRegistry, identity: { certificatePem: string }): string => refusal(() => registry.verifyIdentity(serializeIdentity('Org1MSP', identity.certificatePem)));

describe('revocation lists on the ledger', () => {
  it('revoke an identity, and say which certificate of which organisation; others stand', () => {
    const registry = registryOf(list);
    const serial = parseCertificate(parsePem(bad.certificatePem, 'CERTIFICATE', 'INTERNAL'), 'INTERNAL').serial;
    expect(judge(registry, bad)).toBe(`IDENTITY_REVOKED: identity of Org1MSP: certificate ${serial}, or the authority that issued it, is on a revocation list`);
    let details: unknown;
    try {
      registry.verifyIdentity(serializeIdentity('Org1MSP', bad.certificatePem));
    } catch (error) {
      details = isSelvedgeError(error) && error.details;
    }
    expect(details).toEqual({ mspId: 'Org1MSP', serial });
    expect(judge(registry, good)).toBe('nothing was refused');
  });

  it('count by the authority’s own signature alone: another’s, under its name too, is left out', async () => {
    const other = await createDevCa('Org1MSP', { now: NOW });
    expect(judge(registryOf(await other.revocationList([bad, good], NOW)), good)).toBe('nothing was refused');
    const stranger = await createDevCa('Org2MSP', { now: NOW });
    expect(judge(registryOf(await stranger.revocationList([bad], NOW)), bad)).toBe('nothing was refused');
  });

  it('that cannot be read refuse everybody of the organisation, and nobody else', async () => {
    const other = await createDevCa('Org2MSP', { now: NOW });
    const registry = createMspRegistry([{ ...trust(), ledgerRevocationLists: [list, new Uint8Array(0)] }, { ...trust(), mspId: 'Org2MSP', rootCertificates: [other.rootCertificate] }]);
    expect(judge(registry, good)).toMatch(/^IDENTITY_REVOKED: identity of Org1MSP: certificate [0-9a-f]+ cannot be judged/);
    const foreign = await other.issue({ commonName: 'u', role: 'client' });
    expect(refusal(() => registry.verifyIdentity(serializeIdentity('Org2MSP', foreign.certificatePem)))).toBe('nothing was refused');
  });

  it('with any byte changed still revoke, are left out, or refuse everybody: never an error of another kind', () => {
    let revoked = 0;
    for (let i = 0; i < list.length; i += 1) {
      const changed = Uint8Array.from(list);
      changed[i] = (changed[i] as number) ^ 0x04;
      const registry = registryOf(changed);
      expect(judge(registry, good)).toMatch(/^nothing was refused$|cannot be judged/);
      if (judge(registry, bad).includes('is on a revocation list')) revoked += 1;
    }
    expect(revoked).toBe(0);
  });

  it('of any bytes are judged without another error', async () => {
    // RSASSA-PSS where the authority has a key on P-256.
    const pss = Uint8Array.from(Buffer.from(Buffer.from(list).toString('hex').replaceAll('300a06082a8648ce3d040302', '303d06092a864886f70d01010a3030a00d300b0609608648016503040202a11a301806092a864886f70d010108300b0609608648016503040202a203020130'), 'hex'));
    expect(judge(registryOf(pss), good)).toMatch(/cannot be judged|nothing was refused/);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(judge(registryOf(bytes), good)).toMatch(/^IDENTITY_REVOKED: .*cannot be judged/);
      }),
      { numRuns: 100 },
    );
  });
});

describe('lists that are to be recorded', () => {
  it('are by an authority of the organisation that may sign them, and whole', async () => {
    const verify = (der: Uint8Array, root = ca.rootCertificate): string => refusal(() => verifyRevocationLists({ ...trust(), rootCertificates: [root] }, [der], 'POLICY_MALFORMED'));
    expect(verify(list)).toBe('nothing was refused');
    expect(verify(await (await createDevCa('Org1MSP', { now: NOW })).revocationList([bad], NOW))).toMatch(/^POLICY_MALFORMED: .*not signed by an authority/);
    const mute = await makeAuthority('mute', { usage: USAGE.keyCertSign });
    expect(verify(await makeRevocationList(mute, ['01']), mute.der)).toMatch(/^POLICY_MALFORMED: .*key usage/);
    const root = await makeAuthority('root');
    expect(verify(await makeRevocationList(root, ['01'], { criticalOid: '2.5.29.27' }), root.der)).toMatch(/^POLICY_MALFORMED: .*critical extension/);
    expect(verify(new Uint8Array([0x30]))).toMatch(/^POLICY_MALFORMED/);
  });

  it('keep what the previous one of a development CA named', async () => {
    const next = await ca.revocationList([good], NOW, list);
    expect([bad, good].map((identity) => judge(registryOf(next), identity).slice(0, 16))).toEqual(['IDENTITY_REVOKED', 'IDENTITY_REVOKED']);
    const [verified] = verifyRevocationLists(trust(), [next], 'POLICY_MALFORMED');
    expect(verified?.thisUpdate).toEqual(NOW);
  });
});
