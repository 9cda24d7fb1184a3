import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeAuthority, makeRevocationList, type MadeCertificate } from '../testdata/certificates.js';
import { element, replaceField } from '../testdata/der-writer.js';
import { refusal } from '../testdata/refusal.js';
import { contextTag } from './der.js';
import { parseRevocationList } from './revocation-list.js';

let root: MadeCertificate;

const refused = (der: Uint8Array): string => refusal(() => parseRevocationList(der, 'PROFILE_INVALID'));
const serial = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes.map((byte, i) => (i === 0 ? (byte & 0x7f) | 1 : byte))).toString('hex'));

beforeAll(async () => {
  root = await makeAuthority('root');
});

describe('parseRevocationList', () => {
  it('finds every serial number', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(serial, { maxLength: 12 }), async (serials) => {
        const list = parseRevocationList(await makeRevocationList(root, serials), 'PROFILE_INVALID');
        expect([...list.serials].sort()).toEqual(serials.map((text) => text.replace(/^0+(?=.)/, '')).sort());
        expect(list.isSignedBy(root.publicKey)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('finds them without a date of the next list', async () => {
    const list = parseRevocationList(await makeRevocationList(root, ['1234'], { nextUpdate: false }), 'PROFILE_INVALID');
    expect([...list.serials]).toEqual(['1234']);
    expect(list.nextUpdate).toBeUndefined();
  });

  it('reads its dates, which a verifier compares', async () => {
    const der = await makeRevocationList(root, []);
    const { thisUpdate, nextUpdate } = parseRevocationList(der, 'PROFILE_INVALID');
    expect([thisUpdate, nextUpdate].map((date) => date?.toISOString())).toEqual(['2026-01-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z']);
    // Path: tbsCertList, thisUpdate. 0x18 is a GeneralizedTime.
    const of = (tag: number, text: string): string => parseRevocationList(replaceField(der, [0, 3], () => element(tag, Buffer.from(text))), 'PROFILE_INVALID').thisUpdate.toISOString();
    expect(of(0x18, '20500102030405Z')).toBe('2050-01-02T03:04:05.000Z');
    expect(of(0x17, '500102030405Z')).toBe('1950-01-02T03:04:05.000Z');
    for (const [tag, text] of [[0x17, '261301000000Z'], [0x17, '20260101000000Z'], [0x17, '2601010000Z'], [0x18, '20260101000000+0100'], [0x18, '']] as const) {
      expect(refused(replaceField(der, [0, 3], () => element(tag, Buffer.from(text))))).toMatch(/^PROFILE_INVALID: .*time/);
    }
  });

  it('does not verify with any byte changed', async () => {
    const der = await makeRevocationList(root, ['1234']);
    for (let i = 0; i < der.length; i += 1) {
      const changed = Uint8Array.from(der);
      changed[i] = (changed[i] as number) ^ (1 << (i % 8));
      let valid = false;
      try {
        valid = parseRevocationList(changed, 'PROFILE_INVALID').isSignedBy(root.publicKey);
      } catch (error) {
        expect(error).toMatchObject({ code: 'PROFILE_INVALID' });
      }
      expect([i, valid]).toEqual([i, false]);
    }
  });

  it('refuses an entry with a critical extension, such as another issuer’s', async () => {
    const der = await makeRevocationList(root, ['1234']);
    const critical = element(0x30, element(0x30, Buffer.concat([element(0x06, Buffer.from('551d1d', 'hex')), element(0x01, Buffer.of(0xff)), element(0x04, Buffer.alloc(0))])));
    // Path: tbsCertList, revokedCertificates, the entry, its extensions.
    expect(refused(replaceField(der, [0, 5, 0, 2], () => critical))).toMatch(/^PROFILE_INVALID: .*critical extension/);
  });

  it('refuses an entry of another shape', async () => {
    const der = await makeRevocationList(root, ['1234']);
    const nothing = element(0x05, Buffer.alloc(0));
    expect(refused(replaceField(der, [0, 5, 0, 1], () => nothing))).toMatch(/^PROFILE_INVALID: .*revoked certificate/);
    expect(refused(replaceField(der, [0, 5, 0, 2], (raw) => Buffer.concat([raw, nothing])))).toMatch(/^PROFILE_INVALID: .*revoked certificate/);
  });

  it('refuses other versions, algorithms and fields', async () => {
    const der = await makeRevocationList(root, ['1234']);
    const sha384 = element(0x30, Buffer.from('06082a8648ce3d040303', 'hex'));
    expect(refused(replaceField(der, [0, 0], () => element(0x02, Buffer.of(0))))).toMatch(/^PROFILE_INVALID: .*version 2/);
    expect(refused(replaceField(der, [0, 1], () => sha384))).toMatch(/^PROFILE_INVALID: .*SHA-256/);
    expect(refused(replaceField(der, [1], () => sha384))).toMatch(/^PROFILE_INVALID: .*differ/);
    expect(refused(replaceField(der, [0, 5], (raw) => Buffer.concat([raw, element(contextTag(1), Buffer.alloc(0))])))).toMatch(/^PROFILE_INVALID: .*unknown field/);
    expect(refused(replaceField(der, [0, 3], () => element(0x05, Buffer.alloc(0))))).toMatch(/^PROFILE_INVALID: .*time/);
    expect(refused(replaceField(der, [2], (raw) => Buffer.concat([raw, raw])))).toMatch(/^PROFILE_INVALID: .*trailing/);
  });
});
